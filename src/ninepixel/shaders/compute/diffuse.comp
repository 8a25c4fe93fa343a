// Phase 7, once a channel: every cell shares out and keeps the remainder, then decays. An invocation slides down a strip of rows,
// four columns wide, so that almost every cell is read once: what a row gives to the rows above and below it is kept for two steps.

#define LEDGER_BINDING 3
#include "dispatch.glsl"
#include "ledger.glsl"

layout(std430, binding = 0) readonly buffer Old { int old[]; };
layout(std430, binding = 1) readonly buffer OldFours { ivec4 old_four[]; };  // the same buffer
layout(std430, binding = 2) writeonly buffer New { ivec4 new_four[]; };

const uint SIDE = 1u << SIDE_LOG2;
const uint FOURS_LOG2 = SIDE_LOG2 - 2;
const uint STRIP = 1u << STRIP_LOG2;
const uint STRIPS_LOG2 = SIDE_LOG2 - STRIP_LOG2;

// Of one row: what stays in or enters each of four cells from it, and what it gives to the cells above and below them.
struct Shares {
    ivec4 own;
    ivec4 across;
};

Shares shares(uint base, uint y, uint left, uint fours, uint right) {
    uint line = base + ((y & (SIDE - 1u)) << SIDE_LOG2);
    ivec4 c = old_four[(line >> 2) + fours];
    ivec4 l = ivec4(old[line + left], c.xyz);
    ivec4 r = ivec4(c.yzw, old[line + right]);
    ivec4 edge = c >> EDGE_SHIFT;
    ivec4 kept = c - 4 * (edge + (c >> DIAGONAL_SHIFT));
    return Shares(kept + (l >> EDGE_SHIFT) + (r >> EDGE_SHIFT), edge + (l >> DIAGONAL_SHIFT) + (r >> DIAGONAL_SHIFT));
}

int total(ivec4 v) { return v.x + v.y + v.z + v.w; }

void main() {
    uint id = invocation_number();
    uint fours = id & ((1u << FOURS_LOG2) - 1u);
    uint strip = (id >> FOURS_LOG2) & ((1u << STRIPS_LOG2) - 1u);
    uint world = id >> (FOURS_LOG2 + STRIPS_LOG2);
    int low = 0;
    int high = 0;
    if (world < WORLDS) {
        uint base = world << (2u * SIDE_LOG2);
        uint left = (4u * fours - 1u) & (SIDE - 1u);
        uint right = (4u * fours + 4u) & (SIDE - 1u);
        uint y = strip << STRIP_LOG2;
        Shares above = shares(base, y - 1u, left, fours, right);
        Shares here = shares(base, y, left, fours, right);
        for (uint i = 0u; i < STRIP; i++, y++) {
            Shares below = shares(base, y + 1u, left, fours, right);
            ivec4 sum = here.own + above.across + below.across;
            ivec4 loss = (sum + ((1 << DECAY_SHIFT) - 1)) >> DECAY_SHIFT;
            new_four[((base + (y << SIDE_LOG2)) >> 2) + fours] = sum - loss;
            low += total(loss & 0xFFFF);
            high += total(loss >> 16);
            above = here;
            here = below;
        }
    }
    book(min(world, WORLDS - 1u), DECAY, low, high);
}
