// Bodies as their nine pixels, each colour computed once, by the integer law.
#include "palette"
#include "nine.glsl"
#include "place.glsl"
in int energy; in uint rby; in uint traits; in uint gene_r; in uint gene_b; in uint gene_y;
uniform vec2 size;
uniform float body_px;
out vec2 at;              // body units: -0.5 .. 0.5 is the body, y down
flat out uvec3 top, middle, bottom;

uvec3 row_pixels(int row, uint codon) {
    uvec3 hue = row_hue(row, rby, traits, energy), packed_row = uvec3(0u);
    for (int column = 0; column < 3; ++column) {
        uvec3 c = with_base(hue, base_at(codon, column));
        packed_row[column] = c.r | (c.g << 8) | (c.b << 16);
    }
    return packed_row;
}

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
    float reach = 0.5 + 1.0 / body_px;     // a pixel wider, for the soft edge
    at = corner * reach;
    gl_Position = vec4(place() + vec2(at.x, -at.y) * body_px * 2.0 / size, 0.0, 1.0);
    top = row_pixels(0, gene_r);
    middle = row_pixels(1, gene_b);
    bottom = row_pixels(2, gene_y);
}
