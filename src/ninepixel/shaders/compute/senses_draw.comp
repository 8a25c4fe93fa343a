// Senses, phase 1: bodies and things are drawn into the lanes of their cells. Lanes add up here and are limited when they are read.
// With WIPE, when all have been added up: the same places are made dark for the next time.

#define RECORD_ACCESS readonly
#include "dispatch.glsl"
#include "record.glsl"
#include "senses.glsl"

layout(std430, binding = 1) readonly buffer Souls { uvec2 soul[]; };
layout(std430, binding = 2) readonly buffer Marks { uvec2 mark[]; };  // things that lie openly: cell; lane | amount << 8
layout(std430, binding = 3) buffer Plane { uint plane[]; };

uniform uint threads;
uniform uint slots;
uniform uint marks;

void ink(uint cell, uint lane, uint amount) {
#ifdef WIPE
    plane[ink_place(cell, lane)] = 0u;
#else
    if (amount != 0u) atomicAdd(plane[ink_place(cell, lane)], ink_amount(lane, amount));
#endif
}

void draw_life(uint cell, uint of_soul) {
    if ((of_soul & WIELDS) != 0u) ink(cell, THREAT_LANE, INK_ARMED);
    uint word = utterance(of_soul);
    if (word != 0u) ink(cell, SPEECH_LANE, VOICE);
    if (word != 0u && word < 8u) ink(cell, FIRST_WORD_LANE + word - 1u, VOICE);
}

void draw_body(uint world, uint row) {
    uvec4 here = record[3u * row];
    if ((here.w & ALIVE) == 0u) return;
    uint cell = field_cell(world, here.xy >> CELL_SHIFT);
    uint red = (here.z & 0xFFFFu) >> 10;
    uint blue = here.z >> 26;
    ink(cell, RED_LANE, red);
    ink(cell, BLUE_LANE, blue);
    ink(cell, YELLOW_LANE, uint(max(64 - int(red + blue), 0)));
    if ((here.w & READABLE) != 0u) ink(cell, MATTER_LANE, INK_SECTION * min(1u + ((here.w & MASS) >> SECTION_SHIFT), SECTION_LIMIT));
    if ((here.w & (THINKS | GUARDS)) == 0u) return;
    uint slot = record[3u * row + 2u].y;
    uint of_soul = slot < slots ? soul[world * slots + slot].y : 0u;
    if ((here.w & THINKS) != 0u) {
        draw_life(cell, of_soul);
    } else {
        ink(cell, THREAT_LANE, (of_soul & HUNTS) != 0u ? INK_HUNTER : INK_GUARDIAN);
    }
}

void main() {
    uint id = invocation_number();
    if (id < threads) {
        uint world = WORLDS == 1 ? 0u : id / span;
        draw_body(world, row_of_invocation(id, world));
    } else if (id - threads < marks) {
        uvec2 what = mark[id - threads];
        ink(what.x, what.y & 0xFFu, what.y >> 8);
    }
}
