// The programs of the view. What bodies look like is computed before (pack.js, nine.js); here they are put on the screen.

import { GLOW_RGB, GROUND_RGB } from "./law.js";

const HEAD = "#version 300 es\nprecision highp float;\nprecision highp int;\nprecision highp sampler2D;\n";

const vec3 = (v) => `vec3(${v.map((x) => x.toFixed(4)).join(", ")})`;

/**
 * Squares from a texture of records, -1 .. 1 across and y down. Record i is vertices 3 * i .. 3 * i + 2, a triangle round the square, past
 * which fragments are nothing; or, as POINTS, vertex i. Not instances, and not two triangles: what draws in software pays by the
 * primitive, and by far the most by the instance.
 */
const RECORDS = `
uniform highp usampler2D records;
uniform vec2 per_cell;                  // NDC a cell, y pointing up
uniform vec2 size;                      // of the target, pixels
uniform float body_px;                  // width of a body on the target, pixels
#ifdef POINTS
const int VERTICES = 1;
void square(vec2 middle, float half_px) { gl_Position = vec4(middle, 0.0, 1.0); gl_PointSize = 2.0 * half_px; }
#else
const int VERTICES = 3;
out vec2 at;
void square(vec2 middle, float half_px) {
    int k = gl_VertexID % 3;
    at = vec2(k == 1 ? 3.0 : -1.0, k == 2 ? 3.0 : -1.0);
    gl_Position = vec4(middle + vec2(at.x, -at.y) * half_px * 2.0 / size, 0.0, 1.0);
}
#endif
uvec4 record(int texels, int k) {
    int at = gl_VertexID / VERTICES * texels + k, across = textureSize(records, 0).x;
    return texelFetch(records, ivec2(at % across, at / across), 0);
}
`;
const SQUARE = `
#ifdef POINTS
#define AT (gl_PointCoord * 2.0 - 1.0)
#else
in vec2 at;
#define AT at
#endif
`;

/**
 * Bodies and small things as their pixels. A record (pack.js) is four texels: spot in cells from the middle of the view (y down), width in
 * widths of a body, how much of it is there; its light (and on top how many pixels it is wide), reach of that light, and nine colours.
 */
export const NINE_VERT = `${HEAD}${RECORDS}
flat out uvec3 top, middle, bottom;
flat out float across, wide_px, there;
void main() {
    vec4 place = uintBitsToFloat(record(4, 0));
    uvec4 a = record(4, 1), b = record(4, 2), c = record(4, 3);
    across = float(a.x >> 24);
    wide_px = place.z * body_px;
    there = place.w;
    square(place.xy * per_cell, 0.5 * wide_px + 1.0);   // a pixel wider, for the soft edge
    top = uvec3(a.zw, b.x);
    middle = across == 2.0 ? b.xyz : b.yzw;
    bottom = c.xyz;
}`;

export const NINE_FRAG = `${HEAD}${SQUARE}
flat in uvec3 top, middle, bottom;
flat in float across, wide_px, there;
out vec4 colour;
void main() {
    vec2 on = AT * (0.5 + 1.0 / wide_px);   // -0.5 .. 0.5 is the body
    vec2 cell = clamp((on + 0.5) * across, 0.0, across - 0.001);
    uvec3 row = cell.y < 1.0 ? top : cell.y < 2.0 ? middle : bottom;
    uint c = cell.x < 1.0 ? row.x : cell.x < 2.0 ? row.y : row.z;
    vec3 rgb = vec3(c & 0xFFu, (c >> 8) & 0xFFu, (c >> 16) & 0xFFu) / 255.0;
    // Close up, a hairline of shade parts the pixels; their middles stay exact.
    vec2 seam = abs(fract(cell) - 0.5);
    float hair = smoothstep(0.5 - 1.5 * across / wide_px, 0.5, max(seam.x, seam.y)) * smoothstep(12.0, 24.0, wide_px / across);
    rgb *= 1.0 - 0.55 * hair;
    float out_by = max(abs(on.x), abs(on.y)) - 0.5;
    colour = vec4(rgb, there * clamp(0.5 - out_by * wide_px, 0.0, 1.0));
}`;

/** The same bodies as light, drawn small, seen through the soft buffer. */
export const GLOW_VERT = `${HEAD}${RECORDS}
flat out vec3 light;
void main() {
    vec4 place = uintBitsToFloat(record(4, 0));
    uvec4 glow = record(4, 1);
    light = vec3(glow.x & 0xFFu, (glow.x >> 8) & 0xFFu, (glow.x >> 16) & 0xFFu) / 255.0 * place.w;
    square(place.xy * per_cell, max(uintBitsToFloat(glow.y) * body_px, 1.4));
}`;

export const GLOW_FRAG = `${HEAD}${SQUARE}
flat in vec3 light;
out vec4 colour;
void main() {
    float fall = max(1.0 - dot(AT, AT), 0.0);
    colour = vec4(light * (fall * fall), 0.0);
}`;

/** Lights and marks: auras and trails (soft), rings, words and brackets (sharp). A record (marks.js): spot, width, phase; light, form. */
export const MARK_VERT = `${HEAD}${RECORDS}
uniform float least;                    // no mark is narrower than this, pixels
flat out vec3 light;
flat out float half_px, phase;
flat out int form;
void main() {
    vec4 place = uintBitsToFloat(record(2, 0)), tint = uintBitsToFloat(record(2, 1));
    half_px = max(0.5 * place.z * body_px, least);
    light = tint.rgb; form = int(tint.a); phase = place.w;
    vec2 middle = place.xy * per_cell;
    if (form == 6) middle.y += body_px * 1.05 * 2.0 / size.y;   // a word stands over its speaker
    square(middle, half_px);
}`;

export const MARK_FRAG = `${HEAD}${SQUARE}
flat in vec3 light;
flat in float half_px, phase;
flat in int form;
out vec4 colour;
float line(float from, float px) { return clamp(px - abs(from) * half_px, 0.0, 1.0); }
void main() {
    float d = length(at), amount = 0.0;
    vec2 a = abs(at);
    if (max(a.x, a.y) > 1.0) discard;
    if (form == 0) {                    // a soft light
        float soft = max(1.0 - d, 0.0);
        amount = soft * soft;
    } else if (form == 1) {             // a threat: a thin ring
        float thin = clamp(2.2 / half_px, 0.06, 0.45);
        amount = max(1.0 - abs(d - 0.72) / thin, 0.0);
        amount *= amount * 0.9;
    } else if (form == 2) {             // taking in: rings that close
        float r = 0.95 - 0.6 * phase;
        amount = line(d - r, 1.1) * phase * (1.0 - phase) * 3.0;
    } else if (form == 3) {             // giving off: a ring that opens
        amount = line(d - (0.25 + 0.72 * phase), 1.2) * (1.0 - phase);
    } else if (form == 4) {             // reading: a line that scans a square
        float edge = max(a.x, a.y);
        amount = 0.35 * line(edge - 0.92, 1.2) + (a.x < 0.92 ? line(at.y - (phase * 1.8 - 0.9), 1.2) : 0.0);
    } else if (form == 5) {             // what is inspected: four corners
        float edge = max(a.x, a.y);
        amount = line(edge - 0.94, 1.3) * step(0.55, min(a.x, a.y));
    } else if (form == 6) {             // a word: which of nine is lit
        vec2 cell = floor((at + 1.0) * 1.5), in_cell = abs(fract((at + 1.0) * 1.5) - 0.5);
        float dot_of = 1.0 - smoothstep(0.28, 0.40, max(in_cell.x, in_cell.y));
        amount = dot_of * (abs(cell.y * 3.0 + cell.x - phase) < 0.5 ? 1.0 : 0.16);
    }
    colour = vec4(light * amount, 0.0);
}`;

/** One triangle over everything. */
export const SCREEN_VERT = `${HEAD}
out vec2 ndc; out vec2 uv;
void main() {
    ndc = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2)) * 2.0 - 1.0;
    uv = ndc * 0.5 + 0.5;
    gl_Position = vec4(ndc, 0.0, 1.0);
}`;

/** The ground: the energy field as light, and clouds far behind. Drawn small. */
export const GROUND_FRAG = `${HEAD}
const mat3 GLOW = mat3(${GLOW_RGB.map(vec3).join(", ")});
uniform sampler2D field;                // shares of R, B, Y; octaves of the total / 32
uniform sampler2D clouds;
uniform vec4 world;                     // torus fraction = xy * ndc + zw
uniform vec2 octaves;                   // the darkest and the brightest
uniform vec2 drift;
uniform vec2 size;                      // of the whole picture, CSS pixels
uniform float fine;                     // how much of the finest smoke; near by it would show its texels
uniform float strength;
in vec2 ndc; in vec2 uv;
out vec4 light;
vec4 cubic(vec2 at) {
    vec2 size = vec2(textureSize(field, 0));
    vec2 p = at * size - 0.5, f = fract(p);
    p -= f;
    vec2 f2 = f * f, f3 = f2 * f;
    vec2 w0 = (1.0 - f) * (1.0 - f) * (1.0 - f) / 6.0, w3 = f3 / 6.0;
    vec2 w1 = 2.0 / 3.0 - f2 + 0.5 * f3, w2 = 1.0 - w0 - w1 - w3;
    vec2 s0 = w0 + w1, s1 = w2 + w3;
    vec2 a = (p - 0.5 + w1 / s0) / size, b = (p + 1.5 + w3 / s1) / size;
    return s0.y * (s0.x * texture(field, a) + s1.x * texture(field, vec2(b.x, a.y)))
         + s1.y * (s0.x * texture(field, vec2(a.x, b.y)) + s1.x * texture(field, b));
}
void main() {
    vec2 down = vec2(ndc.x, -ndc.y);
    vec2 turn = world.xy * down + world.zw;
    vec4 e = cubic(turn);
    vec2 smoke = texture(clouds, turn * 5.0).rg, wisp = texture(clouds, turn * 23.0 + smoke * 0.15).gr;
    float level = clamp((e.a * 32.0 - octaves.x) / (octaves.y - octaves.x), 0.0, 1.15);
    float grain = (smoke.x - 0.5) * 0.7 + (wisp.x - 0.5) * 0.5 * fine;
    float glow = level * sqrt(level) * (0.22 + 0.78 * level * level) * clamp(1.0 + grain * (1.25 - level), 0.1, 2.0);
    vec3 share = e.rgb * e.rgb * e.rgb;
    share /= max(share.r + share.g + share.b, 1e-4);
    vec3 hue = mix(GLOW * share, vec3(1.0, 0.93, 0.86), 0.22 * smoothstep(0.8, 1.15, level));
    vec2 past = abs(world.xy * down);   // the world is drawn once; past its edge its light fades into the dark
    float edge = 1.0 - smoothstep(0.47, 0.56, max(past.x, past.y));
    vec2 far = (down * 0.5 + 0.5) * size / 1024.0 + drift;
    vec2 deep = texture(clouds, far * 0.5).rg, veil = texture(clouds, far * 1.5 + deep * 0.1).rg;
    vec3 cloud = deep.x * deep.x * (0.4 + 0.6 * veil.y) * vec3(0.018, 0.018, 0.058) + deep.y * veil.x * veil.x * vec3(0.030, 0.008, 0.020);
    light = vec4(hue * glow * edge * strength + cloud * (1.0 - 0.7 * clamp(glow * edge, 0.0, 1.0)), 1.0);
}`;

/** Everything soft, brought into eight bits: still small, because this costs by the pixel. */
export const TONE_FRAG = `${HEAD}
const vec3 GROUND = ${vec3(GROUND_RGB)};
uniform sampler2D soft;
uniform float gain;                     // what the soft buffer's numbers are multiplied by
in vec2 uv; in vec2 ndc;
out vec4 colour;
void main() {
    vec3 sum = GROUND + texture(soft, uv).rgb * gain;
    float rim = dot(ndc, ndc);
    sum *= 1.0 - 0.30 * rim * (0.55 + 0.225 * rim);
    float peak = max(sum.r, max(sum.g, sum.b));     // bright light bleaches instead of clipping
    vec3 mapped = sum * (1.0 - exp(-1.35 * peak)) / max(peak, 1e-4);
    vec3 root = sqrt(clamp(mapped, 0.0, 1.0));      // the 3/4 power, cheaply
    float dither = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
    colour = vec4(root * sqrt(root) + dither / 255.0, 1.0);
}`;

/** Stars: far away, so that they drift slower than the world. A record: place on the sky 0 .. 1, brightness, warmth. */
export const STAR_VERT = `${HEAD}${RECORDS}
uniform vec2 drift;
flat out vec3 light;
void main() {
    vec4 star = uintBitsToFloat(record(1, 0));
    vec2 pixels = fract(star.xy - drift) * (size + 8.0) - 4.0;
    light = mix(vec3(0.62, 0.75, 1.0), vec3(1.0, 0.84, 0.68), star.w) * star.z;
    square((pixels / size * 2.0 - 1.0) * vec2(1.0, -1.0), 2.0);
}`;
