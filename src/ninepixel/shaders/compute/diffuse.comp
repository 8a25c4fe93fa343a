// Phase 6, once a channel: every cell shares out and keeps the remainder, then decays. An invocation slides down a strip of rows,
// so that each row is read once: what a row gives to the rows above and below it (across) is kept for two steps.

#define LEDGER_BINDING 2
#include "dispatch.glsl"
#include "ledger.glsl"

layout(std430, binding = 0) readonly buffer Old { int old[]; };
layout(std430, binding = 1) writeonly buffer New { int fresh[]; };

const uint SIDE = 1u << SIDE_LOG2;
const uint STRIP = 1u << STRIP_LOG2;
const uint STRIPS_LOG2 = SIDE_LOG2 - STRIP_LOG2;

// x: what stays in or enters a cell from its own row; y: what the row gives to the cell above and to the one below.
ivec2 shares(uint line, uint left, uint x, uint right) {
    int l = old[line + left];
    int c = old[line + x];
    int r = old[line + right];
    int kept = c - 4 * (c >> EDGE_SHIFT) - 4 * (c >> DIAGONAL_SHIFT);
    return ivec2(kept + (l >> EDGE_SHIFT) + (r >> EDGE_SHIFT), (l >> DIAGONAL_SHIFT) + (c >> EDGE_SHIFT) + (r >> DIAGONAL_SHIFT));
}

void main() {
    uint id = invocation_number();
    uint x = id & (SIDE - 1u);
    uint strip = (id >> SIDE_LOG2) & ((1u << STRIPS_LOG2) - 1u);
    uint world = id >> (SIDE_LOG2 + STRIPS_LOG2);
    int low = 0;
    int high = 0;
    if (world < WORLDS) {
        uint base = world << (2u * SIDE_LOG2);
        uint left = (x - 1u) & (SIDE - 1u);
        uint right = (x + 1u) & (SIDE - 1u);
        uint y = strip << STRIP_LOG2;
        ivec2 above = shares(base + (((y - 1u) & (SIDE - 1u)) << SIDE_LOG2), left, x, right);
        ivec2 here = shares(base + (y << SIDE_LOG2), left, x, right);
        for (uint i = 0u; i < STRIP; i++, y++) {
            ivec2 below = shares(base + (((y + 1u) & (SIDE - 1u)) << SIDE_LOG2), left, x, right);
            int sum = here.x + above.y + below.y;
            int loss = (sum + (1 << DECAY_SHIFT) - 1) >> DECAY_SHIFT;
            fresh[base + (y << SIDE_LOG2) + x] = sum - loss;
            low += loss & 0xFFFF;
            high += loss >> 16;
            above = here;
            here = below;
        }
    }
    book(ENTRIES * min(world, WORLDS - 1u) + DECAY, low, high);
}
