// The energy in a channel of the field, per world; with BODIES, that in the bodies.

#define LEDGER_BINDING 2
#define RECORD_ACCESS readonly
#include "dispatch.glsl"
#include "ledger.glsl"
#ifdef BODIES
#include "record.glsl"
#else
layout(std430, binding = 1) readonly buffer Channel { int channel[]; };
#endif

const uint CHUNK = 4096u;  // the smallest world has as many cells
uniform uint chunks;       // of one world

void main() {
    uint group = group_number();
    uint world = group / chunks;
    if (world >= WORLDS) return;
    int low = 0;
    int high = 0;
    for (uint i = gl_LocalInvocationID.x; i < CHUNK; i += WORKGROUP) {
        uint at = (group - world * chunks) * CHUNK + i;
#ifdef BODIES
        if (at >= span) break;
        uint first_word = 3u * (world * capacity + at);
        int amount = (record[first_word].w & ALIVE) != 0u ? int(record[first_word + 1u].z) : 0;
#else
        int amount = channel[(world << (2u * SIDE_LOG2)) + at];
#endif
        low += amount & 0xFFFF;
        high += amount >> 16;
    }
    book(world, HELD, low, high);
}
