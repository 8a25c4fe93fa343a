in float amount;
out vec4 colour;
void main() { colour = vec4(vec3(0.34, 0.46, 0.66) * amount, 1.0); }
