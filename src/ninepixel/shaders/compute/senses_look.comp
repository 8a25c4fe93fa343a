// Senses, phase 4: every mind looks at the nine pixels of each of its octaves, and hears. An invocation cares for one octave of
// one mind; what it writes is the twin of look() and hear() in world/life/senses.py.
//
// Corners: e is the last cell before an edge. The four of an axis lie in the patch of the first one or in the next, p = 0 or 1;
// what is summed up in the next one lacks what the first one's last line holds.

#define RECORD_ACCESS readonly
#include "dispatch.glsl"
#include "record.glsl"
#include "senses.glsl"

layout(std430, binding = 1) readonly buffer Rows { int row_of_index[]; };
layout(std430, binding = 2) readonly buffer Souls { uvec2 soul[]; };
layout(std430, binding = 3) readonly buffer Sums { uint sums[]; };
layout(std430, binding = 4) writeonly buffer Seen { uint seen_words[]; };

uniform uint slots;
uniform uint minds;

const uint OCTAVES = 4u;
const uint STRIP = 21u;      // words of an octave: 81 bytes and three that say nothing
const uint OBSERVED = 86u;   // words of a mind: four octaves, and eight bytes of what it hears
const uint CHANNELS = 9u;
const int WIDTHS[4] = int[4](1, 3, 9, LAST_WIDTH);
const uint LIFTS[4] = uint[4](LIFT_0, LIFT_1, LIFT_2, LIFT_3);
const uint FIELD_GAINS[4] = uint[4](FIELD_GAIN_0, FIELD_GAIN_1, FIELD_GAIN_2, FIELD_GAIN_3);
const uint OTHER_GAINS[4] = uint[4](OTHER_GAIN_0, OTHER_GAIN_1, OTHER_GAIN_2, OTHER_GAIN_3);

// Four edges of one axis.
struct Edges {
    uvec4 at;     // their cells
    uvec4 next;   // 1 where an edge lies in the next patch
    uint last;    // the last cell of the first patch
};

Edges edges(uint here, int width) {
    ivec4 e = int(here) - ((3 * width - 1) >> 1) - 1 + width * ivec4(0, 1, 2, 3);
    ivec4 patch_of = e >> PATCH_LOG2;
    return Edges(uvec4(e) & (SIDE - 1u), uvec4(patch_of - patch_of.x), uint(e.x | int(PATCH - 1u)) & (SIDE - 1u));
}

// One word of the sums at the four edges of a line of cells.
uvec4 along(uint line, Edges x, uint word) {
    uvec4 sum;
    for (int j = 0; j < 4; j++) sum[j] = sums[WORDS * (line + x.at[j]) + word];
    if (x.next.w != 0u) sum += x.next * sums[WORDS * (line + x.last) + word];
    return sum;
}

uint line_of(uint world, uint y) { return ((world << SIDE_LOG2) + y) << SIDE_LOG2; }

// Of what the lines up to each of the four hold, what the first patch's lines before the next patch hold.
uvec4 missed(uint world, Edges x, Edges y, uint word) {
    return y.next.w != 0u ? along(line_of(world, y.last), x, word) : uvec4(0u);
}

// One word of the sum over all nine pixels.
uint whole(uint world, Edges x, Edges y, uint word) {
    uvec4 top = along(line_of(world, y.at.x), x, word);
    uvec4 all = along(line_of(world, y.at.w), x, word) + y.next.w * missed(world, x, y, word) - top;
    return all.w - all.x;
}

// A pixel of a sum. Whatever fits sixteen bits a lane there fits here.
uint bright(uint sum, uint lift, uint gain, uint keep) { return min(((sum << lift) * gain) >> 16, 255u) & keep; }

uint heard(uint lane_sum, bool own) { return uint(clamp((int(lane_sum) - int(own)) * 32, 0, 255)); }

// How many others utter each word; the eighth is what the others leave of all speech.
uvec2 hear(uint world, Edges x, Edges y, uint own) {
    uint count[8];
    for (uint i = 0u; i < 4u; i++) {
        uint box = whole(world, x, y, SPEECH_LANE / 2u + i);
        count[2u * i] = (box & 0xFFFFu) / VOICE;
        count[2u * i + 1u] = (box >> 16) / VOICE;
    }
    int rest = int(count[0]);
    uvec2 bytes = uvec2(0u);
    for (uint i = 1u; i < 8u; i++) {
        rest -= int(count[i]);
        bytes[(i - 1u) >> 2] |= heard(count[i], own == i) << (8u * ((i - 1u) & 3u));
    }
    bytes.y |= uint(clamp((rest - int(own == 8u)) * 32, 0, 255)) << 24;
    return bytes;
}

void main() {
    uint id = invocation_number();
    uint mind = id / OCTAVES;
    uint octave = id & (OCTAVES - 1u);
    if (mind >= WORLDS * minds) return;
    uint world = WORLDS == 1 ? 0u : mind / minds;
    uvec2 me = soul[world * slots + (mind - world * minds)];
    if (me.x == NOBODY) return;
    uint octaves = (me.y >> 12) & 0xFu;
    uint keep = 0xFFu & ~((1u << (8u - ((me.y >> 16) & 0xFu))) - 1u);
    uint earshot = (me.y >> 20) & 0xFu;
    uint strip[STRIP];
    for (uint i = 0u; i < STRIP; i++) strip[i] = 0u;
    if (octave < octaves) {
        uint row = world * capacity + uint(row_of_index[world * capacity + me.x]);
        uvec2 here = record[3u * row].xy >> CELL_SHIFT;
        Edges x = edges(here.x, WIDTHS[octave]);
        Edges y = edges(here.y, WIDTHS[octave]);
        uint lift = LIFTS[octave];
        for (uint word = 0u; word < 5u; word++) {
            uint gain_low = word < 2u ? FIELD_GAINS[octave] : OTHER_GAINS[octave];
            uint gain_high = word < 1u ? FIELD_GAINS[octave] : OTHER_GAINS[octave];
            uvec4 lack = missed(world, x, y, word);
            uvec4 above = along(line_of(world, y.at.x), x, word);
            for (uint i = 0u; i < 3u; i++) {
                uvec4 below = along(line_of(world, y.at[i + 1u]), x, word) + y.next[i + 1u] * lack;
                uvec4 between = below - above;
                uvec3 box = between.yzw - between.xyz;
                above = below;
                for (uint j = 0u; j < 3u; j++) {
                    uint k = CHANNELS * (3u * i + j) + 2u * word;
                    strip[k >> 2] |= bright(box[j] & 0xFFFFu, lift, gain_low, keep) << (8u * (k & 3u));
                    k++;
                    if (word < 4u) strip[k >> 2] |= bright(box[j] >> 16, lift, gain_high, keep) << (8u * (k & 3u));
                }
            }
        }
        if (octave == earshot) {
            uvec2 bytes = hear(world, x, y, utterance(me.y));
            seen_words[OBSERVED * mind + OCTAVES * STRIP] = bytes.x;
            seen_words[OBSERVED * mind + OCTAVES * STRIP + 1u] = bytes.y;
        }
    }
    for (uint i = 0u; i < STRIP; i++) seen_words[OBSERVED * mind + STRIP * octave + i] = strip[i];
}
