// The energy field: one buffer a channel, all worlds one after the other, so that a GL with small buffers holds a larger world.

#include "torus.glsl"

layout(std430, binding = 2) FIELD_ACCESS buffer Red { int red[]; };
layout(std430, binding = 3) FIELD_ACCESS buffer Blue { int blue[]; };
layout(std430, binding = 4) FIELD_ACCESS buffer Yellow { int yellow[]; };

ivec3 energy_at(uint cell) { return ivec3(red[cell], blue[cell], yellow[cell]); }
