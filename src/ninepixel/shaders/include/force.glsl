// The RBY force between two bodies: a core that repels, a hump of attraction, then nothing (Particle Life, in integers).
//
// Coordinates are quantised to units of R >> UNIT_BITS and kept in 16 bits, so that distances up to 32 R come out right. The
// reference lifts distances by SPAN_BITS - UNIT_BITS before it squares them; here the shift that follows takes that into account.
// Whoever is R or more away has no effect, so it does no harm to look at more bodies than the 3x3 hash cells hold.

const uint QUANTUM = 32u - SIDE_LOG2 + REACH_LOG2 - UNIT_BITS;
const int TORUS_BITS = SIDE_LOG2 - REACH_LOG2 + UNIT_BITS;
const int SPARE_BITS = TORUS_BITS < 16 ? 16 - TORUS_BITS : 0;  // a small torus fills the top of the 16 bits, and closes by itself
const int SQUARE_SHIFT = 16 - 2 * (SPAN_BITS - UNIT_BITS);

// Both quantised coordinates: the x half low, the y half high.
uint spot(uvec2 at) {
    uvec2 q = (at >> QUANTUM) << SPARE_BITS;
    return (q.x & 0xFFFFu) | (q.y << 16);
}

// R and B of a body as 15-bit halves of a word.
uint tint(uint rby) { return (rby >> 1) & 0x7FFF7FFFu; }

// What a body is pulled by: (u0 - u2, u1 - u2, u2 >> 1) of u = w^T K; see gpu/mirror.py.
ivec3 unpack_pull(uvec2 word) { return ivec3(int(word.x << 15) >> 15, int(word.y), int(word.x) >> 17); }

// One who feels: its spot with each half alone at the top of a word, and what pulls it.
struct Feeler {
    uint x;
    uint y;
    ivec3 pull;
};

// The crowded are sated: they are pulled less, then not at all.
Feeler feeler(uvec2 at, uvec2 pull, int density) {
    int hunger = clamp(SATED - density, 0, 1 << HUNGER_BITS);
    uint here = spot(at);
    return Feeler(here << 16, here & 0xFFFF0000u, (unpack_pull(pull) * hunger) >> HUNGER_BITS);
}

// A spot half of 64 R away: too far to be felt by somebody at *here* or a few cells beside it.
uint out_of_reach(uvec2 at) { return spot(at) ^ 0x80008000u; }

// Adds to the force (x, y) and the density (z) that *me* feels what the one of this sight adds.
void feel(inout ivec3 felt, Feeler me, uvec2 other) {
    int dx = int((other.x << 16) - me.x) >> (16 + SPARE_BITS);
    int dy = int(other.x - me.y) >> (16 + SPARE_BITS);
    int s = (dx * dx >> SQUARE_SHIFT) + (dy * dy >> SQUARE_SHIFT);
    int rest = max(REACH_SQUARED - s, 0);
    int hump = (max(s - (SOFT_SQUARED + 1), 0) * rest) >> (16 - 2 * HUMP_SHIFT);
    int soft = max(SOFT_SQUARED - s, 0);
    int hard = max(HARD_SQUARED - s, 0);
    int affinity = me.pull.z + (me.pull.x * int(other.y & 0xFFFFu) >> 16) + (me.pull.y * int(other.y >> 16) >> 16);
    int g = (affinity * hump >> (16 - AFFINITY_LIFT)) - (soft * soft >> (16 - 2 * SOFT_SHIFT)) - (hard * hard >> (16 - 2 * HARD_SHIFT));
    felt += ivec3(dx * g, dy * g, rest);
}
