// Chance without entropy: pcg4d of Jarzynski and Olano, JCGT 9(3), 2020; the twin of world/laws/rng.py.

uniform uint seed_low;
uniform uint seed_high;
uniform uint tick;

uvec4 pcg4d(uvec4 v) {
    v = v * 1664525u + 1013904223u;
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    v ^= v >> 16u;
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    return v;
}

// Four words for an entity of a world, whose seed is the universe's plus its number, modulo 2**64.
uvec4 chance(uint world, uint entity, uint stream) {
    uint low = seed_low + world;
    uint high = seed_high + (low < world ? 1u : 0u);
    return pcg4d(uvec4(tick, entity, low, high ^ (stream * 0x9E3779B9u)));
}
