// Phase 4: where each hash cell's bodies begin: an exclusive prefix sum over all cells. Leaves the counts at zero for the next tick.

#define GRID_ACCESS writeonly
#include "dispatch.glsl"
#include "grid.glsl"

layout(std430, binding = 5) buffer Counts { uint counts[]; };
layout(std430, binding = 6) readonly buffer Sums { uint sums[]; };

const uint TILES = (CELLS + TILE - 1u) / TILE;
const uint ITEMS = TILE / WORKGROUP;
shared uint part[WORKGROUP];
shared uint before_tile;

void main() {
    uint tile = group_number();
    if (tile >= TILES) return;
    uint me = gl_LocalInvocationID.x;
    uint earlier = 0u;
    for (uint t = me; t < tile; t += WORKGROUP) earlier += sums[t];
    part[me] = earlier;
    for (uint half_way = WORKGROUP / 2u; half_way > 0u; half_way >>= 1) {
        barrier();
        if (me < half_way) part[me] += part[me + half_way];
    }
    if (me == 0u) before_tile = part[0];
    barrier();

    uint first = tile * TILE + me * ITEMS;
    uint count[ITEMS];
    uint mine = 0u;
    for (uint i = 0u; i < ITEMS; i++) {
        count[i] = first + i < CELLS ? counts[first + i] : 0u;
        mine += count[i];
    }
    part[me] = mine;
    barrier();
    for (uint step_size = 1u; step_size < WORKGROUP; step_size <<= 1) {
        uint lower = me >= step_size ? part[me - step_size] : 0u;
        barrier();
        part[me] += lower;
        barrier();
    }
    uint start = before_tile + part[me] - mine;
    for (uint i = 0u; i < ITEMS; i++) {
        if (first + i < CELLS) {
            grid[first + i] = start;
            counts[first + i] = 0u;
        }
        start += count[i];
        if (first + i == CELLS - 1u) grid[CELLS] = start;
    }
}
