// The hash grid: R-sized cells of all worlds in one row-major list.
//   grid[0 .. CELLS]           first body of each cell, and the number of bodies
//   grid[CELLS + 1 + row]      the rank of a body among those of its cell (any order: results do not depend on it)

layout(std430, binding = 1) GRID_ACCESS buffer Grid { uint grid[]; };

const uint HASH_SHIFT = 32u - SIDE_LOG2 + REACH_LOG2;
const uint HASH_SIDE_LOG2 = SIDE_LOG2 - REACH_LOG2;
const uint HASH_SIDE = 1u << HASH_SIDE_LOG2;
const uint CELLS = WORLDS << (2u * HASH_SIDE_LOG2);

uint hash_cell(uint world, uvec2 at) {
    uvec2 cell = at >> HASH_SHIFT;
    return (((world << HASH_SIDE_LOG2) + cell.y) << HASH_SIDE_LOG2) + cell.x;
}
