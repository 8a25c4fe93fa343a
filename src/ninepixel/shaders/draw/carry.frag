// The trails of the last frame, moved to where the camera sees them now, a little fainter.
uniform sampler2D before;
uniform vec4 moved;       // old texture coordinate = xy * ndc + zw
uniform float keep;
in vec2 ndc;
out vec4 light;
void main() {
    vec2 at = moved.xy * ndc + moved.zw;
    vec2 inside = step(vec2(0.0), at) * step(at, vec2(1.0));
    light = vec4(texture(before, at).rgb * keep * inside.x * inside.y, 1.0);
}
