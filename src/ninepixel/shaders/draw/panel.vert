// A picture with transparency somewhere on the screen: (left, top, right, bottom) in NDC.
uniform vec4 place;
out vec2 uv;
void main() {
    uv = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = vec4(mix(place.xy, place.zw, uv), 0.0, 1.0);
}
