// Senses, phase 4: every mind looks at the nine pixels of each of its octaves, and hears. An invocation cares for one octave of
// one mind; what it writes is the twin of look() and hear() in world/life/senses.py.
//
// An edge is named by the last cell before it. The four edges of an axis lie in the patch of the first one or in the next; what is
// summed up in the next lacks what the last line of the first one holds.

#define RECORD_ACCESS readonly
#include "dispatch.glsl"
#include "record.glsl"
#include "senses.glsl"

layout(std430, binding = 1) readonly buffer Rows { int row_of_index[]; };
layout(std430, binding = 2) readonly buffer Souls { uvec2 soul[]; };
layout(std430, binding = 3) readonly buffer Sums { uvec4 sums[]; };
layout(std430, binding = 4) readonly buffer SumWords { uint sum_words[]; };  // the same buffer
layout(std430, binding = 5) writeonly buffer Seen { uint seen_words[]; };

uniform uint slots;
uniform uint minds;

const uint OCTAVES = 4u;
const uint STRIP = 21u;     // words of an octave: 81 bytes and three that say nothing
const uint OBSERVED = 86u;  // words of a mind: four octaves, and eight bytes of what it hears
const int WIDTHS[4] = int[4](1, 3, 9, LAST_WIDTH);
const uint LIFTS[4] = uint[4](LIFT_0, LIFT_1, LIFT_2, LIFT_3);
const uint FIELD_GAINS[4] = uint[4](FIELD_GAIN_0, FIELD_GAIN_1, FIELD_GAIN_2, FIELD_GAIN_3);
const uint OTHER_GAINS[4] = uint[4](OTHER_GAIN_0, OTHER_GAIN_1, OTHER_GAIN_2, OTHER_GAIN_3);

// Four edges of one axis.
struct Edges {
    uvec4 at;    // their cells
    uvec4 next;  // 1 where an edge lies in the next patch
    uint last;   // the last cell of the first patch
};

Edges edges(uint here, int width) {
    ivec4 e = int(here) - ((3 * width - 1) >> 1) - 1 + width * ivec4(0, 1, 2, 3);
    ivec4 patch_of = e >> PATCH_LOG2;
    return Edges(uvec4(e) & (SIDE - 1u), uvec4(patch_of - patch_of.x), uint(e.x | int(PATCH - 1u)) & (SIDE - 1u));
}

uint line_of(uint world, uint y) { return ((world << SIDE_LOG2) + y) << SIDE_LOG2; }

// What the sums of a line of cells hold at four edges: lanes 0 to 7, lane 8 (low in its word).
struct Line {
    uvec4 lanes[4];
    uvec4 speech;
};

Line along(uint line, Edges x) {
    Line sum;
    for (int j = 0; j < 4; j++) {
        sum.lanes[j] = sums[HALVES * (line + x.at[j])];
        sum.speech[j] = sum_words[8u * (line + x.at[j]) + 4u];
    }
    if (x.next.w != 0u) {
        uvec4 edge = sums[HALVES * (line + x.last)];
        for (int j = 1; j < 4; j++) sum.lanes[j] += x.next[j] * edge;
        sum.speech += x.next * sum_words[8u * (line + x.last) + 4u];
    }
    return sum;
}

// Lanes 8 to 15 between the outer edges of a line of cells.
uvec4 voices(uint line, Edges x) {
    uvec4 sum = sums[HALVES * (line + x.at.w) + 1u] - sums[HALVES * (line + x.at.x) + 1u];
    return x.next.w != 0u ? sum + sums[HALVES * (line + x.last) + 1u] : sum;
}

uint heard(uint count, bool own) { return uint(clamp((int(count) - int(own)) * 32, 0, 255)); }

// How many others utter each word; the eighth is what the others leave of all speech.
uvec2 hear(uint world, Edges x, Edges y, uint own) {
    uvec4 box = voices(line_of(world, y.at.w), x) - voices(line_of(world, y.at.x), x);
    if (y.next.w != 0u) box += voices(line_of(world, y.last), x);
    uvec4 even = (box & 0xFFFFu) / VOICE;  // speech, then words 2, 4, 6
    uvec4 odd = (box >> 16u) / VOICE;      // words 1, 3, 5, 7
    uint rest_of_words = odd.x + odd.y + odd.z + odd.w + even.y + even.z + even.w;
    int rest = int(even.x) - int(rest_of_words) - int(own == 8u);
    uvec2 bytes;
    bytes.x = heard(odd.x, own == 1u) | (heard(even.y, own == 2u) << 8) | (heard(odd.y, own == 3u) << 16);
    bytes.x |= heard(even.z, own == 4u) << 24;
    bytes.y = heard(odd.z, own == 5u) | (heard(even.w, own == 6u) << 8) | (heard(odd.w, own == 7u) << 16);
    bytes.y |= uint(clamp(rest * 32, 0, 255)) << 24;
    return bytes;
}

// Channels of a pixel from the sum over a box. What fits sixteen bits a lane there fits here.
uvec4 bright(uvec4 sum, uint lift, uvec4 gain, uint keep) { return min(((sum << lift) * gain) >> 16u, 255u) & keep; }

void main() {
    uint id = invocation_number();
    uint mind = id / OCTAVES;
    uint octave = id & (OCTAVES - 1u);
    if (mind >= WORLDS * minds) return;
    uint world = WORLDS == 1 ? 0u : mind / minds;
    uvec2 me = soul[world * slots + (mind - world * minds)];
    if (me.x == NOBODY) return;
    uint keep = 0xFFu & ~((1u << (8u - ((me.y >> 16) & 0xFu))) - 1u);
    uint strip[STRIP];
    for (uint i = 0u; i < STRIP; i++) strip[i] = 0u;
    if (octave < ((me.y >> 12) & 0xFu)) {
        uint row = world * capacity + uint(row_of_index[world * capacity + me.x]);
        uvec2 here = record[3u * row].xy >> CELL_SHIFT;
        Edges x = edges(here.x, WIDTHS[octave]);
        Edges y = edges(here.y, WIDTHS[octave]);
        uint lift = LIFTS[octave];
        uint field = FIELD_GAINS[octave];
        uint other = OTHER_GAINS[octave];
        Line lack;
        if (y.next.w != 0u) lack = along(line_of(world, y.last), x);
        Line above = along(line_of(world, y.at.x), x);
        for (uint i = 0u; i < 3u; i++) {
            Line below = along(line_of(world, y.at[i + 1u]), x);
            if (y.next[i + 1u] != 0u) {
                for (uint j = 0u; j < 4u; j++) below.lanes[j] += lack.lanes[j];
                below.speech += lack.speech;
            }
            for (uint j = 0u; j < 3u; j++) {
                uvec4 box = (below.lanes[j + 1u] - above.lanes[j + 1u]) - (below.lanes[j] - above.lanes[j]);
                uint last = (below.speech[j + 1u] - above.speech[j + 1u]) - (below.speech[j] - above.speech[j]);
                uvec4 even = bright(box & 0xFFFFu, lift, uvec4(field, field, other, other), keep);
                uvec4 odd = bright(box >> 16u, lift, uvec4(field, other, other, other), keep);
                uvec4 both = even | (odd << 8u);
                uint speech = bright(uvec4(last & 0xFFFFu), lift, uvec4(other), keep).x;
                uint at = 9u * (3u * i + j);
                uint shift = 8u * (at & 3u);
                uvec2 eight = both.xz | (both.yw << 16u);
                strip[at >> 2] |= eight.x << shift;
                strip[(at >> 2) + 1u] |= eight.y << shift;
                if (shift == 0u) {
                    strip[(at >> 2) + 2u] |= speech;
                } else {
                    strip[(at >> 2) + 1u] |= eight.x >> (32u - shift);
                    strip[(at >> 2) + 2u] |= (eight.y >> (32u - shift)) | (speech << shift);
                }
            }
            above = below;
        }
        if (octave == ((me.y >> 20) & 0xFu)) {
            uvec2 bytes = hear(world, x, y, utterance(me.y));
            seen_words[OBSERVED * mind + OCTAVES * STRIP] = bytes.x;
            seen_words[OBSERVED * mind + OCTAVES * STRIP + 1u] = bytes.y;
        }
    }
    for (uint i = 0u; i < STRIP; i++) seen_words[OBSERVED * mind + STRIP * octave + i] = strip[i];
}
