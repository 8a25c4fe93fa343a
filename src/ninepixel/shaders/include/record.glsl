// A body on the device: three words of four in one place, so that a scattered access costs one or two memory sectors.
// The twin of gpu/mirror.py, which packs them.
//   3 row + 0: x, y, rby, props
//   3 row + 1: vx, vy, energy, density
//   3 row + 2: index, link, pull of red (17 bits) and of yellow (15 bits), pull of blue

layout(std430, binding = 0) RECORD_ACCESS buffer Records { uvec4 record[]; };

const uint MASS = 0xFFFFu;
const uint ALIVE = 1u << 16;
const uint ANCHORED = 1u << 17;
const uint TETHERED = 1u << 18;
const uint ROAMS = 1u << 19;
const uint READABLE = 1u << 20;
const uint THINKS = 1u << 21;
const uint GUARDS = 1u << 22;

// Rows of one world that may be alive, and rows allocated for one world.
uniform uint span;
uniform uint capacity;

uint row_of_invocation(uint id, uint world) { return world * capacity + (id - world * span); }

// (R, B, Y) in 1/256; they sum to 256.
ivec3 weights(uint rby) {
    int r = int((rby >> 8) & 0xFFu);
    int b = int(rby >> 24);
    return ivec3(r, b, 256 - r - b);
}
