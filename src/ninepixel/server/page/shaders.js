// The programs of the view. The law of the nine pixels is not written here: it is the very text that the renderer compiles (law.js).

import { LAW_GLSL } from "./law.js";

const HEAD = "#version 300 es\nprecision highp float;\nprecision highp int;\nprecision highp sampler2D;\n";

/** A corner of a triangle strip's square, -1 .. 1. */
const CORNER = "vec2 corner() { return vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0; }\n";

/** A body or a small thing: one instance (painter.js packs it). */
const BODY = `
layout(location = 0) in vec2 spot;      // cells from the middle of the view, y down
layout(location = 1) in vec2 span;      // width in widths of a body; how much of it is there, 0 .. 1
layout(location = 2) in uvec2 being;    // rby; kind | matter << 8 | flags << 16 | octaves of energy << 24
layout(location = 3) in uvec3 codons;   // rows of three bases; on top: pixels across, mass >> 2, nothing
uniform vec2 per_cell;                  // NDC a cell, y pointing up
uniform vec2 size;                      // of the target, pixels
uniform float body_px;                  // width of a body on the target, pixels
int energy() { uint octaves = being.y >> 24; return octaves == 0u ? 0 : 1 << (octaves - 1u); }
`;

export const NINE_VERT = `${HEAD}${LAW_GLSL}${CORNER}${BODY}
out vec2 at;                            // -0.5 .. 0.5 is the body, y down
flat out uvec3 top, middle, bottom;
flat out float across, wide_px, there;
uvec3 row_pixels(int row, uint codon) {
    uvec3 hue = row_hue(row, being.x, being.y, energy());
    uvec3 row_of = uvec3(0u);
    for (int column = 0; column < 3; ++column) {
        uvec3 c = with_base(hue, base_at(codon, column));
        row_of[column] = c.r | (c.g << 8) | (c.b << 16);
    }
    return row_of;
}
void main() {
    across = float(codons.x >> 24);
    wide_px = span.x * body_px;
    there = span.y;
    at = corner() * (0.5 + 1.0 / wide_px);  // a pixel wider, for the soft edge
    gl_Position = vec4(spot * per_cell + vec2(at.x, -at.y) * wide_px * 2.0 / size, 0.0, 1.0);
    if (across == 3.0) {
        top = row_pixels(0, codons.x);
        middle = row_pixels(1, codons.y);
        bottom = row_pixels(2, codons.z);
    } else {                            // a coin or loot: its colours as they are
        top = uvec3(codons.x & 0xFFFFFFu, codons.y & 0xFFFFFFu, 0u);
        middle = uvec3(codons.z & 0xFFFFFFu, being.x & 0xFFFFFFu, 0u);
        bottom = uvec3(0u);
    }
}`;

export const NINE_FRAG = `${HEAD}
in vec2 at;
flat in uvec3 top, middle, bottom;
flat in float across, wide_px, there;
out vec4 colour;
void main() {
    vec2 cell = clamp((at + 0.5) * across, 0.0, across - 0.001);
    uvec3 row = cell.y < 1.0 ? top : cell.y < 2.0 ? middle : bottom;
    uint c = cell.x < 1.0 ? row.x : cell.x < 2.0 ? row.y : row.z;
    vec3 rgb = vec3(c & 0xFFu, (c >> 8) & 0xFFu, (c >> 16) & 0xFFu) / 255.0;
    // Close up, a hairline of shade parts the pixels; their middles stay exact.
    vec2 seam = abs(fract(cell) - 0.5);
    float hair = smoothstep(0.5 - 1.5 * across / wide_px, 0.5, max(seam.x, seam.y)) * smoothstep(12.0, 24.0, wide_px / across);
    rgb *= 1.0 - 0.55 * hair;
    float out_by = max(abs(at.x), abs(at.y)) - 0.5;
    colour = vec4(rgb, there * clamp(0.5 - out_by * wide_px, 0.0, 1.0));
}`;

/** Bodies as light: the mean of their pixels, wider where there is much mass; drawn small, seen through the soft buffer. */
export const GLOW_VERT = `${HEAD}${LAW_GLSL}${CORNER}${BODY}
out vec2 at;
flat out vec3 light;
vec3 row_light(int row, uint codon) {
    vec3 hue = vec3(row_hue(row, being.x, being.y, energy()));
    float bases = float(base_at(codon, 0) + base_at(codon, 1) + base_at(codon, 2)) / 3.0;
    return hue / max(hue.r, max(hue.g, hue.b)) * (64.0 + 0.75 * bases) / 255.0;
}
void main() {
    uint kind = being.y & 0xFFu;
    float across = float(codons.x >> 24), heavy = clamp(float(codons.y >> 24) / 120.0, 0.0, 1.6);
    float radius = body_px * span.x * 1.7, power = 0.30;
    vec3 mean = (row_light(0, codons.x) + row_light(1, codons.y) + row_light(2, codons.z)) / 3.0;
    if (across < 3.0) {
        uint c = codons.x;
        mean = vec3(c & 0xFFu, (c >> 8) & 0xFFu, (c >> 16) & 0xFFu) / 255.0;
        radius = body_px * 1.1; power = 0.16;
    } else if (kind == KIND_MATTER) {
        radius = body_px * (1.2 + 1.1 * heavy * heavy); power = 0.28 + 0.30 * heavy;
    } else if (kind == KIND_FOLDER) {
        radius = body_px * 1.25; power = 0.16;
    } else if (kind == KIND_CREATURE) {
        radius = body_px * 1.6; power = 0.55;
    } else if (kind == KIND_MOTE) {
        radius = body_px * 1.15; power = 0.17;
    }
    if (across == 3.0) mean *= mix(vec3(1.0), vec3(BODY_RGB[body_class(being.y)]) / 255.0 * 1.5, 0.6);
    radius = max(radius, 1.4);
    light = mean * power * span.y;
    at = corner();
    gl_Position = vec4(spot * per_cell + vec2(at.x, -at.y) * radius * 2.0 / size, 0.0, 1.0);
}`;

export const GLOW_FRAG = `${HEAD}
in vec2 at;
flat in vec3 light;
out vec4 colour;
void main() {
    float fall = max(1.0 - dot(at, at), 0.0);
    colour = vec4(light * (fall * fall), 0.0);
}`;

/** Lights and marks: auras and trails (soft), rings, words and brackets (sharp). marks.js says which form is which. */
export const MARK_VERT = `${HEAD}${CORNER}
layout(location = 0) in vec2 spot;
layout(location = 1) in vec2 span;      // width in widths of a body; phase
layout(location = 2) in vec4 tint;      // light; form
uniform vec2 per_cell;
uniform vec2 size;
uniform float body_px;
uniform float least;                    // no mark is narrower than this, pixels
out vec2 at;
flat out vec3 light;
flat out float half_px, phase;
flat out int form;
void main() {
    half_px = max(0.5 * span.x * body_px, least);
    at = corner();
    light = tint.rgb; form = int(tint.a); phase = span.y;
    vec2 middle = spot * per_cell;
    if (form == 6) middle.y += body_px * 1.05 * 2.0 / size.y;   // a word stands over its speaker
    gl_Position = vec4(middle + vec2(at.x, -at.y) * half_px * 2.0 / size, 0.0, 1.0);
}`;

export const MARK_FRAG = `${HEAD}
in vec2 at;
flat in vec3 light;
flat in float half_px, phase;
flat in int form;
out vec4 colour;
float line(float from, float px) { return clamp(px - abs(from) * half_px, 0.0, 1.0); }
void main() {
    float d = length(at), amount = 0.0;
    vec2 a = abs(at);
    if (form == 0) {                    // a soft light
        float soft = max(1.0 - d, 0.0);
        amount = soft * soft;
    } else if (form == 1) {             // a threat: a thin ring
        float thin = clamp(3.0 / half_px, 0.08, 0.45);
        amount = max(1.0 - abs(d - 0.72) / thin, 0.0);
        amount *= amount * 0.9;
    } else if (form == 2) {             // taking in: rings that close
        float r = 0.95 - 0.6 * phase;
        amount = line(d - r, 1.6) * phase * (1.0 - phase) * 3.2;
    } else if (form == 3) {             // giving off: a ring that opens
        amount = line(d - (0.25 + 0.72 * phase), 1.8) * (1.0 - phase);
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
export const GROUND_FRAG = `${HEAD}${LAW_GLSL}
uniform sampler2D field;                // shares of R, B, Y; octaves of the total / 32
uniform sampler2D clouds;
uniform vec4 world;                     // torus fraction = xy * ndc + zw
uniform vec2 octaves;                   // the darkest and the brightest
uniform vec2 drift;
uniform vec2 size;                      // of the whole picture, CSS pixels
uniform float fine;
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
    light = vec4(hue * glow * edge * 0.5 + cloud * (1.0 - 0.7 * clamp(glow * edge, 0.0, 1.0)), 1.0);
}`;

/** Everything soft over the stars, brought into eight bits. */
export const COMPOSITE_FRAG = `${HEAD}${LAW_GLSL}
uniform sampler2D soft;
uniform sampler2D stars;
uniform vec2 drift;
uniform vec2 size;                      // of the whole picture, CSS pixels
uniform float gain;                     // what the soft buffer's numbers are multiplied by
in vec2 uv; in vec2 ndc;
out vec4 colour;
void main() {
    vec3 shine = texture(soft, uv).rgb * gain;
    vec2 far = vec2(uv.x, 1.0 - uv.y) * size / 512.0 + drift;
    vec3 sum = GROUND + texture(stars, far).rgb / (1.0 + 8.0 * dot(shine, vec3(1.0))) + shine;
    float rim = dot(ndc, ndc);
    sum *= 1.0 - 0.30 * rim * (0.55 + 0.225 * rim);
    float peak = max(sum.r, max(sum.g, sum.b));     // bright light bleaches instead of clipping
    vec3 mapped = sum * (1.0 - exp(-1.35 * peak)) / max(peak, 1e-4);
    vec3 root = sqrt(clamp(mapped, 0.0, 1.0));      // the 3/4 power, cheaply
    float dither = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
    colour = vec4(root * sqrt(root) + dither / 255.0, 1.0);
}`;
