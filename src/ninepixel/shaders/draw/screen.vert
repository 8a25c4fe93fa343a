// One triangle that covers the screen. ndc runs rightwards and downwards, uv as textures do.
out vec2 uv; out vec2 ndc;
void main() {
    uv = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
    ndc = vec2(uv.x * 2.0 - 1.0, 1.0 - uv.y * 2.0);
    gl_Position = vec4(uv * 2.0 - 1.0, 0.0, 1.0);
}
