// The energy field: one buffer a channel, all worlds one after the other, so that a GL with small buffers holds a larger world.

layout(std430, binding = 2) FIELD_ACCESS buffer Red { int red[]; };
layout(std430, binding = 3) FIELD_ACCESS buffer Blue { int blue[]; };
layout(std430, binding = 4) FIELD_ACCESS buffer Yellow { int yellow[]; };

const uint CELL_SHIFT = 32u - SIDE_LOG2;
const uint SIDE = 1u << SIDE_LOG2;

uint field_cell(uint world, uvec2 cell) { return (((world << SIDE_LOG2) + cell.y) << SIDE_LOG2) + cell.x; }

ivec3 energy_at(uint cell) { return ivec3(red[cell], blue[cell], yellow[cell]); }
