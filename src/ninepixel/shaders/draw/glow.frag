flat in vec3 light;
flat in int shape;
out vec4 colour;
#ifdef QUAD
in vec2 at;
#endif
void main() {
#ifndef QUAD
    vec2 at = gl_PointCoord * 2.0 - 1.0;
#endif
    float d2 = dot(at, at);
    float fall = max(1.0 - d2, 0.0), core = fall * fall * fall * fall;
    float amount = 0.75 * core * core + 0.3 * fall * fall;
    if (shape == 1) {
        vec2 a = abs(at), s = max(1.0 - a * 9.0, 0.0);
        amount += 0.9 * (s.x * s.x * (1.0 - a.y) + s.y * s.y * (1.0 - a.x));
    } else if (shape == 2) {
        float ring = max(1.0 - abs(sqrt(d2) - 0.5) * 6.0, 0.0);
        amount = 1.1 * ring * ring + 0.15 * fall * smoothstep(0.3, 0.5, d2);
    }
    colour = vec4(light * amount + vec3(0.25) * core * core * light.ggg, 1.0);
}
