// Fixed-point maths. GLSL shifts int arithmetically and wraps at 32 bits; nothing here divides a negative number.

int within(int value, int limit) { return clamp(value, -limit, limit); }

// |a - b|, exact for any two ints.
uint apart(int a, int b) { return uint(max(a, b)) - uint(min(a, b)); }

// v - ((v * share + 2**31) >> 32) in 64 bits: what is left of a velocity after losing share / 2**32 of it.
int slowed(int v, int share) {
    int high;
    int low;
    imulExtended(v, share, high, low);
    return v - (high + int(uint(low) >> 31));
}
