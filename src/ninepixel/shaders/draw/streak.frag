in vec3 light;
out vec4 colour;
#ifdef QUAD
in float across;
#endif
void main() {
    float soft = 1.0;
#ifdef QUAD
    soft = 1.0 - across * across;
    soft *= soft * 1.5;
#endif
    colour = vec4(light * soft, 1.0);
}
