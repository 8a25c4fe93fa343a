// The RBY force between two bodies: a core that repels, a hump of attraction, then nothing (Particle Life, in integers).
// Distances here are in units of R / 1024 with UNIT_BITS; the reference lifts them by LIFT bits and shifts their squares by 16.

const int LIFT = SPAN_BITS - UNIT_BITS;
const int SQUARE_SHIFT = 16 - 2 * LIFT;
const uint QUANTUM = 32u - SIDE_LOG2 + REACH_LOG2 - UNIT_BITS;

// Both quantised coordinates, each lifted to the top of 16 bits: the x half low, the y half high.
uint spot(uvec2 at) {
    uvec2 q = (at >> QUANTUM) << LIFT;
    return (q.x & 0xFFFFu) | (q.y << 16);
}

// R and B of a body as 15-bit halves of a word.
uint tint(uint rby) { return (rby >> 1) & 0x7FFF7FFFu; }

// What a body is pulled by: (u0 - u2, u1 - u2, u2 >> 1) of u = K w; see gpu/mirror.py.
ivec3 unpack_pull(uvec2 word) { return ivec3(int(word.x << 15) >> 15, int(word.y), int(word.x) >> 17); }

// Adds the force (x, y) and the density (z) that the body at *other* makes the body at *mine* feel.
void feel(inout ivec3 sum, uint mine_x, uint mine_y, ivec3 pull, uint other, uint colour) {
    int dx = int((other << 16) - mine_x) >> (16 + LIFT);
    int dy = int(other - mine_y) >> (16 + LIFT);
    int s = (dx * dx >> SQUARE_SHIFT) + (dy * dy >> SQUARE_SHIFT);
    int rest = max(REACH_SQUARED - s, 0);
    int hump = (max(s - (SOFT_SQUARED + 1), 0) * rest) >> (16 - 2 * HUMP_SHIFT);
    int soft = max(SOFT_SQUARED - s, 0);
    int hard = max(HARD_SQUARED - s, 0);
    int affinity = pull.z + (pull.x * int(colour & 0xFFFFu) >> 16) + (pull.y * int(colour >> 16) >> 16);
    int g = (affinity * hump >> 14) - (soft * soft >> (16 - 2 * SOFT_SHIFT)) - (hard * hard >> (16 - 2 * HARD_SHIFT));
    sum += ivec3(dx * g, dy * g, rest);
}
