in vec2 at;
flat in vec3 tint;
flat in int shape;
flat in float half_px;
uniform float crisp;
out vec4 colour;
void main() {
    if (shape == 0) {
        float inside = (1.0 - max(abs(at.x), abs(at.y))) * half_px;
        colour = vec4(tint, crisp * clamp(inside + 0.5, 0.0, 1.0));
        return;
    }
    float d = length(at);
    float soft = max(1.0 - d, 0.0);
    float amount = shape == 1 ? soft * soft : 0.0;
    if (shape == 2) {
        float thin = clamp(3.0 / half_px, 0.08, 0.45);
        amount = max(1.0 - abs(d - 0.72) / thin, 0.0);
        amount = amount * amount * 0.9;
    }
    colour = vec4(tint * amount, 1.0);
}
