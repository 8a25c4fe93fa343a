// Phase 3: how many bodies each tile of hash cells holds.

#define GRID_ACCESS writeonly
#include "dispatch.glsl"
#include "grid.glsl"

layout(std430, binding = 5) readonly buffer Counts { uint counts[]; };
layout(std430, binding = 6) writeonly buffer Sums { uint sums[]; };

const uint TILES = (CELLS + TILE - 1u) / TILE;
shared uint part[WORKGROUP];

void main() {
    uint tile = group_number();
    if (tile >= TILES) return;
    uint me = gl_LocalInvocationID.x;
    uint mine = 0u;
    for (uint i = me; i < TILE; i += WORKGROUP) {
        uint cell = tile * TILE + i;
        if (cell < CELLS) mine += counts[cell];
    }
    part[me] = mine;
    for (uint half_way = WORKGROUP / 2u; half_way > 0u; half_way >>= 1) {
        barrier();
        if (me < half_way) part[me] += part[me + half_way];
    }
    if (me == 0u) sums[tile] = part[0];
}
