// Phase 1 of a tick: creatures and minds act on their own velocity (reading where others are, which nobody changes here), and
// every body is counted in its hash cell.

#define RECORD_ACCESS
#define GRID_ACCESS writeonly
#define FIELD_ACCESS readonly
#include "dispatch.glsl"
#include "fixed.glsl"
#include "record.glsl"
#include "grid.glsl"
#include "field.glsl"
#include "drive.glsl"

layout(std430, binding = 5) buffer Counts { uint counts[]; };
layout(std430, binding = 6) readonly buffer Rows { int row_of_index[]; };

uniform uint threads;

void act(uint world, uint row, uvec4 here, uvec2 nature) {
    ivec2 push = ivec2(0);
    if ((nature.y & ROAMS) != 0u) push += scent(world, here.xy, weights(nature.x));
    if ((nature.y & TETHERED) != 0u) {
        uint link = record[3u * row + 2u].y;
        int parent = link < capacity ? row_of_index[world * capacity + link] : -1;
        if (parent >= 0) push += tether(here.xy, record[3u * (world * capacity + uint(parent))].xy);
    }
    ivec2 velocity = clamp(ivec2(here.zw) + push, -SPEED_LIMIT, SPEED_LIMIT);
    record[3u * row].z = uint(velocity.x);
    record[3u * row].w = uint(velocity.y);
}

void main() {
    uint id = invocation_number();
    if (id >= threads) return;
    uint world = WORLDS == 1u ? 0u : id / span;
    uint row = row_of_invocation(id, world);
    uvec2 nature = record[3u * row + 1u].zw;
    if ((nature.y & ALIVE) == 0u) return;
    uvec4 here = record[3u * row];
    if ((nature.y & ANCHORED) == 0u && (nature.y & (ROAMS | TETHERED)) != 0u) act(world, row, here, nature);
    uint rank = atomicAdd(counts[hash_cell(world, here.xy)], 1u);
    grid[CELLS + 1u + row] = rank;
}
