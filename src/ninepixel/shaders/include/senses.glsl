// The sixteen lanes of a cell, as world/life/senses.py has them, two to a word, the even one in its low half.
//   0..2 the field's R, B, Y; 3..5 the bodies'; 6 threat; 7 matter; 8 speech; 9..15 the words 1 to 7
// A word is one number: that the low half of a sum may carry into the high one is undone by the subtraction that asks for a box.

#include "torus.glsl"

const uint HALVES = 2u;  // of a cell: four words each
const uint RED_LANE = 3u;
const uint BLUE_LANE = 4u;
const uint YELLOW_LANE = 5u;
const uint THREAT_LANE = 6u;
const uint MATTER_LANE = 7u;
const uint SPEECH_LANE = 8u;
const uint FIRST_WORD_LANE = 9u;

// What is summed up starts anew at every patch: a box is never wider than one, and lies in at most two of them.
const uint PATCH = 1u << PATCH_LOG2;

// A life, packed by gpu/senses.py: the index of its body; what it utters (8 bits), then the bits below, then from bit 12 on how
// many octaves it sees (4 bits), how many bits of a byte (4 bits), and in which octave it hears (4 bits).
const uint NOBODY = 0xFFFFFFFFu;
const uint HUNTS = 1u << 8;
const uint WIELDS = 1u << 9;

uint utterance(uint soul) { return soul & 0xFFu; }

// What is drawn into a cell: in halves of words like the sums, or, where a half could overflow (WIDE), a word a lane.
#ifdef WIDE
uint ink_place(uint cell, uint lane) { return 16u * cell + lane; }
uint ink_amount(uint lane, uint amount) { return amount; }
#else
uint ink_place(uint cell, uint lane) { return 8u * cell + (lane >> 1); }
uint ink_amount(uint lane, uint amount) { return amount << (16u * (lane & 1u)); }
#endif
