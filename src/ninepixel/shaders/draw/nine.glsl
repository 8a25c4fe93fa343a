// The law of the nine pixels, the twin of world/picture/pixels.py: integers only, equal to the bit.

uint body_class(uint traits) {
    uint kind = traits & 0xFFu, matter = (traits >> 8) & 0xFFu;
    if (kind == KIND_FOLDER) return FIRST_KIND;
    if (kind == KIND_CREATURE) return FIRST_KIND + 1u;
    if (kind == KIND_MIND) return FIRST_KIND + 2u;
    if (kind == KIND_GUARDIAN) return FIRST_KIND + 3u;
    return matter < FIRST_KIND ? matter : BIN_MASS;
}

// The bits that a number needs (findMSB only comes with OpenGL 4).
uint octaves_of(int energy) {
    uint left = energy > 0 ? uint(energy) : 0u, bits = 0u;
    if (left >= 65536u) { bits += 16u; left >>= 16; }
    if (left >= 256u) { bits += 8u; left >>= 8; }
    if (left >= 16u) { bits += 4u; left >>= 4; }
    if (left >= 4u) { bits += 2u; left >>= 2; }
    return bits + min(left, 2u);
}

uvec3 row_hue(int row, uint rby, uint traits, int energy) {
    uint r = rby & 0xFFFFu, b = rby >> 16, y = 65536u - r - b;
    uvec3 own = (r * ROW_RGB[0] + b * ROW_RGB[1] + y * ROW_RGB[2]) >> 16;
    uvec3 hue = (4u * BODY_RGB[body_class(traits)] + 2u * ROW_RGB[row] + 2u * own) >> 3;
    hue -= (min(hue.r, min(hue.g, hue.b)) * 5u) >> 3;
    if (((traits >> 16) & 2u) != 0u) hue = (hue + 3u * SEALED_RGB) >> 2;
    uint heat = min(2u * octaves_of(energy), 56u);
    return hue + (((255u - hue) * heat) >> 8);
}

uvec3 with_base(uvec3 hue, uint base) {
    uint value = 64u + ((3u * base) >> 2);
    uint bit = (base & 3u) == 1u ? 1u : 0u;
    uint most = max(hue.r, max(hue.g, hue.b));
    uvec3 dim = (min(hue * value / most, uvec3(value - 2u)) & ~1u) | bit;
    if (hue.r == most) return uvec3(value, dim.g, dim.b);
    if (hue.g == most) return uvec3(dim.r, value, dim.b);
    return uvec3(dim.r, dim.g, value);
}

uint base_at(uint codon, int column) { return (codon >> uint(8 * column)) & 0xFFu; }
