// Senses, phase 2: what was drawn, limited, and the glow of the field, added up down every column of a patch. An invocation cares
// for one word of one column; it leaves the plane dark for the next time.

#define FIELD_ACCESS readonly
#include "dispatch.glsl"
#include "field.glsl"
#include "senses.glsl"

layout(std430, binding = 0) buffer Plane { uint plane[]; };
layout(std430, binding = 1) writeonly buffer Sums { uint sums[]; };

uint take(uint place) {
    uint drawn = plane[place];
    if (drawn != 0u) plane[place] = 0u;
    return drawn;
}

// Both lanes of a word of a cell, as they were drawn, each up to its limit.
uint drawn(uint cell, uint word) {
#ifdef WIDE
    uint low = word > 1u ? take(ink_place(cell, 2u * word)) : 0u;
    uint high = word > 0u ? take(ink_place(cell, 2u * word + 1u)) : 0u;
#else
    uint both = word > 0u ? take(ink_place(cell, 2u * word)) : 0u;
    uint low = both & 0xFFFFu;
    uint high = both >> 16;
#endif
    return min(low, CELL_LIMIT) | (min(high, CELL_LIMIT) << 16);
}

// Sixteen steps for every factor of sixteen: a logarithm in four straight pieces.
uint glow(int energy) {
    return uint((min(energy, 1 << 6) >> 2) + (min(energy, 1 << 10) >> 6) + (min(energy, 1 << 14) >> 10)
                + (min(energy, (1 << 18) - 1) >> 14));
}

void main() {
    uint id = invocation_number();
    uint word = id & (WORDS - 1u);
    uint x = (id >> 3) & (SIDE - 1u);
    uint band = id >> (3u + SIDE_LOG2);
    if (band >= WORLDS << (SIDE_LOG2 - PATCH_LOG2)) return;
    uint cell = (band << (PATCH_LOG2 + SIDE_LOG2)) + x;
    uint run = 0u;
    for (uint i = 0u; i < PATCH; i++, cell += SIDE) {
        run += drawn(cell, word);
        if (word == 0u) run += glow(red[cell]) | (glow(blue[cell]) << 16);
        if (word == 1u) run += glow(yellow[cell]);
        sums[WORDS * cell + word] = run;
    }
}
