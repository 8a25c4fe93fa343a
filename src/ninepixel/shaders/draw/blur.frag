// Half of a separable blur; DOWN first shrinks by four.
uniform sampler2D source;
uniform vec2 along;       // one texel of the target, in the direction of the blur
in vec2 uv;
out vec4 light;
void main() {
#ifdef DOWN
    vec2 t = 1.0 / vec2(textureSize(source, 0));
    light = 0.25 * (texture(source, uv + vec2(-t.x, -t.y)) + texture(source, uv + vec2(t.x, -t.y))
                  + texture(source, uv + vec2(-t.x, t.y)) + texture(source, uv + t));
#else
    light = 0.227 * texture(source, uv)
          + 0.316 * (texture(source, uv + along * 1.385) + texture(source, uv - along * 1.385))
          + 0.070 * (texture(source, uv + along * 3.231) + texture(source, uv - along * 3.231));
#endif
}
