// Senses, phase 3: the sums of the columns, added up along every row of a patch: a summed-area table of each patch.

#include "dispatch.glsl"
#include "senses.glsl"

layout(std430, binding = 0) buffer Sums { uint sums[]; };

void main() {
    uint id = invocation_number();
    uint line = id >> 3;
    if (line >= WORLDS << (2u * SIDE_LOG2 - PATCH_LOG2)) return;
    uint place = WORDS * (line << PATCH_LOG2) + (id & (WORDS - 1u));
    uint run = 0u;
    for (uint i = 0u; i < PATCH; i++, place += WORDS) {
        run += sums[place];
        sums[place] = run;
    }
}
