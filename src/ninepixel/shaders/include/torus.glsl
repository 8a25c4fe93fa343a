// Where cells lie: all worlds one after the other, row by row.

const uint CELL_SHIFT = 32u - SIDE_LOG2;
const uint SIDE = 1u << SIDE_LOG2;

uint field_cell(uint world, uvec2 cell) { return (((world << SIDE_LOG2) + cell.y) << SIDE_LOG2) + cell.x; }
