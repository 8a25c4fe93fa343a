// Senses, phase 2: what was drawn, limited, and the glow of the field, added up along every row of a patch. An invocation cares
// for half the lanes of a row.

#define FIELD_ACCESS readonly
#include "dispatch.glsl"
#include "field.glsl"
#include "senses.glsl"

layout(std430, binding = 0) readonly buffer Plane { uvec4 plane[]; };
layout(std430, binding = 1) writeonly buffer Sums { uvec4 sums[]; };

// Eight lanes of a cell, as they were drawn, each up to its limit.
uvec4 drawn(uint cell, uint part) {
#ifdef WIDE
    uvec4 first = min(plane[4u * cell + 2u * part], CELL_LIMIT);
    uvec4 second = min(plane[4u * cell + 2u * part + 1u], CELL_LIMIT);
    return uvec4(first.xz, second.xz) | (uvec4(first.yw, second.yw) << 16u);
#else
    uvec4 both = plane[HALVES * cell + part];
    return min(both & 0xFFFFu, CELL_LIMIT) | (min(both >> 16u, CELL_LIMIT) << 16u);
#endif
}

// Sixteen steps for every factor of sixteen: a logarithm in four straight pieces.
uvec3 glow(ivec3 energy) {
    return uvec3((min(energy, 1 << 6) >> 2) + (min(energy, 1 << 10) >> 6) + (min(energy, 1 << 14) >> 10)
                 + (min(energy, (1 << 18) - 1) >> 14));
}

void main() {
    uint id = invocation_number();
    uint part = id & (HALVES - 1u);
    uint line = id >> 1;
    if (line >= WORLDS << (2u * SIDE_LOG2 - PATCH_LOG2)) return;
    uvec4 run = uvec4(0u);
    for (uint cell = line << PATCH_LOG2; cell < (line + 1u) << PATCH_LOG2; cell++) {
        run += drawn(cell, part);
        if (part == 0u) {
            uvec3 shine = glow(energy_at(cell));
            run.xy += uvec2(shine.x | (shine.y << 16), shine.z);
        }
        sums[HALVES * cell + part] = run;
    }
}
