// Vapour behind what moves: from the body back along its velocity. Lines when far, tapering quads (QUAD) when near.
#include "palette"
#include "nine.glsl"
#include "place.glsl"
in uint traits; in uint rby;
uniform vec2 size;
uniform float body_px;
uniform float ticks;      // how long the vapour hangs
uniform float gain;
out vec3 light;
#ifdef QUAD
out float across;
#endif
void main() {
    vec2 head = place(), back = vec2(vx, vy) * per_speed * ticks;
    vec2 pixels = back * size * 0.5;
    float long_px = length(pixels);
    if (long_px < 1.0) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); light = vec3(0.0); return; }
    uint kind = traits & 0xFFu;
    uint r = rby & 0xFFFFu, b = rby >> 16;
    vec3 own = (float(r) * vec3(ROW_RGB[0]) + float(b) * vec3(ROW_RGB[1]) + float(65536u - r - b) * vec3(ROW_RGB[2])) / 16711680.0;
    vec3 hue = mix(own, vec3(BODY_RGB[body_class(traits)]) / 255.0, 0.5);
    hue *= hue;  // purer, so that crossing trails do not turn to milk
    float power = kind == KIND_MOTE ? 0.17 * gain : 0.6;
    int end = gl_VertexID & 1;
    light = hue * power * (end == 0 ? 1.0 : 0.0);
    vec2 at = head - back * float(end);
#ifdef QUAD
    int edge = gl_VertexID >> 1;
    across = float(edge) * 2.0 - 1.0;
    vec2 normal = vec2(-pixels.y, pixels.x) / long_px;
    at += normal * across * body_px * (end == 0 ? 0.42 : 0.10) * 2.0 / size;
#endif
    gl_Position = vec4(at, 0.0, 1.0);
}
