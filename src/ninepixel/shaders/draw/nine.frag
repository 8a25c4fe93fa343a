in vec2 at;
flat in uvec3 top, middle, bottom;
uniform float body_px;
uniform float crisp;
out vec4 colour;
void main() {
    vec2 cell = clamp((at + 0.5) * 3.0, 0.0, 2.999);
    uvec3 row = cell.y < 1.0 ? top : cell.y < 2.0 ? middle : bottom;
    uint c = cell.x < 1.0 ? row.x : cell.x < 2.0 ? row.y : row.z;
    vec3 rgb = vec3(c & 0xFFu, (c >> 8) & 0xFFu, (c >> 16) & 0xFFu) / 255.0;
    // Close up, a hairline of shade parts the pixels; their middles stay exact.
    vec2 seam = abs(fract(cell) - 0.5);
    float hair = smoothstep(0.5 - 4.5 / body_px, 0.5, max(seam.x, seam.y)) * smoothstep(36.0, 72.0, body_px);
    rgb *= 1.0 - 0.55 * hair;
    float out_by = max(abs(at.x), abs(at.y)) - 0.5;
    colour = vec4(rgb, crisp * clamp(0.5 - out_by * body_px, 0.0, 1.0));
}
