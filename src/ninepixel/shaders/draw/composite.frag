// Everything that shines, over the sky, brought into eight bits.
#include "palette"
uniform sampler2D field; uniform sampler2D light; uniform sampler2D bloom;
uniform sampler2D stars;
uniform vec2 drift;       // of the sky, in turns of its tile
uniform vec2 size;
in vec2 uv; in vec2 ndc;
out vec4 colour;
void main() {
    vec2 p = vec2(uv.x, 1.0 - uv.y) * size;
    vec2 far = p / 1024.0 + drift;
    vec3 shine = texture(field, uv).rgb;
    vec3 points = texture(light, uv).rgb;
    float hidden = 1.0 / (1.0 + 24.0 * dot(shine, vec3(0.333)));
    vec3 sky = GROUND + texture(stars, far).rgb * hidden;
    // The eye adapts to what is bright around: a crowd stays a crowd of points instead of burning out.
    vec3 near = texture(bloom, uv).rgb;
    float adapt = 1.0 / (1.0 + 1.5 * max(near.r, max(near.g, near.b)));
    vec3 sum = sky + shine + (points + near * 0.45) * adapt;
    float rim = dot(ndc, ndc);
    sum *= 1.0 - 0.30 * rim * (0.55 + 0.45 * rim * 0.5);
    // Hue-keeping shoulder: bright light bleaches instead of clipping.
    float peak = max(sum.r, max(sum.g, sum.b));
    vec3 mapped = sum * (1.0 - exp(-1.35 * peak)) / max(peak, 1e-4);
    mapped = mix(mapped, vec3(1.0), 0.45 * smoothstep(1.2, 6.0, peak));
    vec3 root = sqrt(clamp(mapped, 0.0, 1.0));   // the 3/4 power, cheaply
    float dither = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
    colour = vec4(root * sqrt(root) + dither / 255.0, 1.0);
}
