// Phase 2: every body is counted in its hash cell.

#define RECORD_ACCESS readonly
#define GRID_ACCESS writeonly
#include "dispatch.glsl"
#include "record.glsl"
#include "grid.glsl"

layout(std430, binding = 5) buffer Counts { uint counts[]; };

uniform uint threads;

void main() {
    uint id = invocation_number();
    if (id >= threads) return;
    uint world = WORLDS == 1 ? 0u : id / span;
    uint row = row_of_invocation(id, world);
    uvec4 here = record[3u * row];
    if ((here.w & ALIVE) == 0u) return;
    grid[CELLS + 1u + row] = atomicAdd(counts[hash_cell(world, here.xy)], 1u);
}
