// Squares of light and colour: the pixels of small things, glows and rings (world/picture/small.py says which).
#include "place.glsl"
in vec2 offset; in float wide; in vec3 light; in int form;
uniform vec2 size;
uniform float body_px;
uniform float least;      // no glow is narrower on screen, pixels
out vec2 at;              // -1 .. 1 is the square
flat out vec3 tint;
flat out int shape;
flat out float half_px;

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
    half_px = 0.5 * wide * body_px;
    if (form != 0) half_px = max(half_px, least);
    float reach = half_px + (form == 0 ? 1.0 : 0.0);    // a pixel wider, for the soft edge
    at = corner * reach / half_px;
    vec2 pixels = vec2(offset.x, -offset.y) * body_px + vec2(corner.x, -corner.y) * reach;
    gl_Position = vec4(place() + pixels * 2.0 / size, 0.0, 1.0);
    tint = light;
    shape = form;
}
