// Everything soft: the clouds of the sky, the haze around crowds, the vapour, and above all
// the energy field as light: cubic sampling (no cell ever shows), logarithmic brightness, hue by the larger channels.
#include "palette"
uniform sampler2D energy;    // shares of R, B, Y and log2 of the total over 34 octaves
uniform sampler2D clouds;
uniform vec4 window;         // texture coordinate = xy * ndc + zw
uniform vec4 world;          // torus fraction = xy * ndc + zw
uniform vec2 octaves;        // the darkest and the brightest
uniform float strength;
uniform float fine;          // how much of the finest smoke; near by it would show its texels
uniform vec2 drift;          // of the sky, in turns of its tile
uniform vec2 size;           // of the whole picture, pixels
uniform sampler2D haze;      // the widest bloom of the bodies
uniform sampler2D trail;     // vapour
uniform float mist;          // how much of the haze is seen
in vec2 ndc; in vec2 uv;
out vec4 light;

vec4 cubic(vec2 at) {
    vec2 size = vec2(textureSize(energy, 0));
    vec2 p = at * size - 0.5, f = fract(p);
    p -= f;
    vec2 f2 = f * f, f3 = f2 * f;
    vec2 w0 = (1.0 - f) * (1.0 - f) * (1.0 - f) / 6.0, w3 = f3 / 6.0;
    vec2 w1 = 2.0 / 3.0 - f2 + 0.5 * f3, w2 = 1.0 - w0 - w1 - w3;
    vec2 s0 = w0 + w1, s1 = w2 + w3;
    vec2 a = (p - 0.5 + w1 / s0) / size, b = (p + 1.5 + w3 / s1) / size;
    return s0.y * (s0.x * texture(energy, a) + s1.x * texture(energy, vec2(b.x, a.y)))
         + s1.y * (s0.x * texture(energy, vec2(a.x, b.y)) + s1.x * texture(energy, b));
}

void main() {
    vec4 e = cubic(window.xy * ndc + window.zw);
    vec2 turn = world.xy * ndc + world.zw;
    vec2 smoke = texture(clouds, turn * 5.0).rg, wisp = texture(clouds, turn * 23.0 + smoke * 0.15).gr;
    float level = clamp((e.a * 34.0 - octaves.x) / (octaves.y - octaves.x), 0.0, 1.15);
    float grain = (smoke.x - 0.5) * 0.7 + (wisp.x - 0.5) * 0.5 * fine;
    float glow = level * sqrt(level) * (0.22 + 0.78 * level * level) * clamp(1.0 + grain * (1.25 - level), 0.1, 2.0);
    vec3 share = e.rgb * e.rgb * e.rgb;
    share /= max(share.r + share.g + share.b, 1e-4);
    vec3 hue = GLOW * share;
    hue = mix(hue, vec3(1.0, 0.93, 0.86), 0.22 * smoothstep(0.8, 1.15, level));
    // The world is drawn once; past its edge its light fades into the dark.
    vec2 past = abs(world.xy * ndc);
    float edge = 1.0 - smoothstep(0.47, 0.56, max(past.x, past.y));
    // Clouds far behind drift with the camera, slower than the world; the field's light drowns them.
    vec2 far = ((ndc * 0.5 + 0.5) * size) / 1024.0 + drift;
    vec2 deep = texture(clouds, far * 0.5).rg, veil = texture(clouds, far * 1.5 + deep * 0.1).rg;
    vec3 cloud = deep.x * deep.x * (0.4 + 0.6 * veil.y) * vec3(0.018, 0.018, 0.058) + deep.y * veil.x * veil.x * vec3(0.030, 0.008, 0.020);
    // Around crowds hangs a nebula of their colour: compressed, so that no crowd outshines the rest, and torn by noise.
    vec3 wide = texture(haze, uv).rgb;
    float thick = max(wide.r, max(wide.g, wide.b));
    cloud += wide * (mist * (0.15 + veil.r * veil.r * 1.3) * (0.5 + veil.g) / (1.0 + 7.0 * thick));
    light = vec4(texture(trail, uv).rgb + hue * glow * edge * strength + cloud * (1.0 - 0.7 * clamp(glow * edge, 0.0, 1.0)), 1.0);
}
