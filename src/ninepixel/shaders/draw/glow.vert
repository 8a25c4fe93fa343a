// Bodies as light: the mean of their nine pixels, large where there is much mass. Points when far, quads (QUAD) when near.
#include "palette"
#include "nine.glsl"
#include "place.glsl"
in int energy; in uint rby; in uint traits; in int mass; in uint gene_r; in uint gene_b; in uint gene_y;
uniform vec2 size;        // of the target, pixels
uniform float body_px;    // width of a body on screen, pixels
uniform float crisp;      // 0: bodies are points of light; 1: they are drawn as nine pixels
uniform float gain;
flat out vec3 light;
flat out int shape;       // 0 soft, 1 star, 2 hole
#ifdef QUAD
out vec2 at;
#endif

vec3 row_light(int row, uint codon) {
    vec3 hue = vec3(row_hue(row, rby, traits, energy));
    float bases = float(base_at(codon, 0) + base_at(codon, 1) + base_at(codon, 2)) / 3.0;
    return hue / max(hue.r, max(hue.g, hue.b)) * (64.0 + 0.75 * bases) / 255.0;
}

void main() {
    vec2 where = place();
    uint kind = traits & 0xFFu, matter = (traits >> 8) & 0xFFu;
    float heavy = clamp(float(mass) / 480.0, 0.0, 1.6);
    float radius = max(1.0, body_px * 0.8), power = 0.5;
    shape = 0;
    if (kind == KIND_MATTER) {
        radius = body_px * 0.9 + 1.3 + 5.5 * heavy * heavy;
        power = 0.55 + 1.0 * heavy;
        if (radius > 4.0) shape = matter == DATA_STAR ? 1 : matter == MODEL_BLACK_HOLE ? 2 : 0;
    } else if (kind == KIND_FOLDER) {
        radius = body_px * 0.8 + 1.2; power = 0.4;
    } else if (kind == KIND_CREATURE || kind == KIND_MIND) {
        radius = body_px * 0.9 + 3.0; power = 1.5;
    } else if (kind == KIND_GUARDIAN) {
        radius = body_px * 0.9 + 2.5; power = 0.9;
    } else {
        power *= gain;
    }
    radius = mix(radius, body_px * (1.15 + 0.9 * heavy), crisp);
    power *= mix(1.0, 0.30, crisp);
    if (crisp > 0.5) shape = 0;
    vec3 mean = (row_light(0, gene_r) + row_light(1, gene_b) + row_light(2, gene_y)) / 3.0;
    vec3 own = vec3(BODY_RGB[body_class(traits)]) / 255.0;
    light = mean * mix(vec3(1.0), own * 1.5, 0.6) * power * 1.6;
    gl_Position = vec4(where, 0.0, 1.0);
#ifdef QUAD
    at = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
    gl_Position.xy += at * radius * 2.0 / size;
#else
    gl_PointSize = clamp(2.0 * radius, 2.0, 240.0);
#endif
}
