// Phase 1 of a tick: creatures, minds and whatever is tethered act on their own velocity. They read where others are, which nobody
// changes here. Only those who can act are visited: their list is made when the state is pushed.

#define RECORD_ACCESS
#define FIELD_ACCESS readonly
#include "dispatch.glsl"
#include "fixed.glsl"
#include "record.glsl"
#include "field.glsl"
#include "drive.glsl"

layout(std430, binding = 1) readonly buffer Rows { int row_of_index[]; };
layout(std430, binding = 5) readonly buffer Actors { uint actor[]; };  // world * capacity + index

uniform uint actors;

void main() {
    uint id = invocation_number();
    if (id >= actors) return;
    uint entity = actor[id];
    uint world = WORLDS == 1 ? 0u : entity / capacity;
    uint row = world * capacity + uint(row_of_index[entity]);
    uvec4 here = record[3u * row];
    ivec2 push = ivec2(0);
    if ((here.w & ROAMS) != 0u) push += scent(world, here.xy, weights(here.z));
    if ((here.w & TETHERED) != 0u) {
        uint link = record[3u * row + 2u].y;
        int parent = link < capacity ? row_of_index[world * capacity + link] : -1;
        if (parent >= 0) push += tether(here.xy, record[3u * (world * capacity + uint(parent))].xy);
    }
    ivec2 velocity = clamp(ivec2(record[3u * row + 1u].xy) + push, -SPEED_LIMIT, SPEED_LIMIT);
    record[3u * row + 1u].x = uint(velocity.x);
    record[3u * row + 1u].y = uint(velocity.y);
}
