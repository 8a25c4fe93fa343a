// Phase 5: every body enters the cell-sorted lists with what others must know of it, and takes its share of a field that nobody
// has given to yet.

#define RECORD_ACCESS readonly
#define GRID_ACCESS readonly
#define FIELD_ACCESS readonly
#include "dispatch.glsl"
#include "fixed.glsl"
#include "record.glsl"
#include "grid.glsl"
#include "field.glsl"
#include "chance.glsl"
#include "force.glsl"
#include "motion.glsl"
#include "exchange.glsl"
#define SORTED_ACCESS writeonly
#include "sorted.glsl"

layout(std430, binding = 6) writeonly buffer Sights { uvec2 sights[]; };

uniform uint threads;

void main() {
    uint id = invocation_number();
    if (id >= threads) return;
    uint world = WORLDS == 1 ? 0u : id / span;
    uint row = row_of_invocation(id, world);
    uvec4 here = record[3u * row];
    if ((here.w & ALIVE) == 0u) return;
    uint cell = hash_cell(world, here.xy);
    uint start = grid[cell];
    uint slot = start + grid[CELLS + 1u + row];
    ivec3 taken = ivec3(0);
    int amplitude = 0;
    if ((here.w & ANCHORED) == 0u) {
        ivec3 energy = energy_at(field_cell(world, here.xy >> CELL_SHIFT));
        amplitude = shake(energy);
        if (grid[cell + 1u] - start <= CROWD) taken = uptake(energy, weights(here.z));
    }
    sights[slot] = uvec2(spot(here.xy), tint(here.z));
    // a share is below 2**23: the top byte of one carries the jitter's amplitude
    arrival[slot] = uvec4(row, uint(taken.x) | (uint(amplitude) << 24), taken.yz);
}
