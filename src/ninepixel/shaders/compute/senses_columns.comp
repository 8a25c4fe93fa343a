// Senses, phase 3: the sums of the rows, added up down every column of a patch: a summed-area table of each patch.

#include "dispatch.glsl"
#include "senses.glsl"

layout(std430, binding = 0) buffer Sums { uvec4 sums[]; };

void main() {
    uint id = invocation_number();
    uint across = id & (HALVES * SIDE - 1u);  // half a cell of a row of all patches
    uint band = id >> (1u + SIDE_LOG2);
    if (band >= WORLDS << (SIDE_LOG2 - PATCH_LOG2)) return;
    uint place = HALVES * (band << (PATCH_LOG2 + SIDE_LOG2)) + across;
    uvec4 run = uvec4(0u);
    for (uint i = 0u; i < PATCH; i++, place += HALVES * SIDE) {
        run += sums[place];
        sums[place] = run;
    }
}
