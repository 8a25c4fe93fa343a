// Folder regions: faint circles, as lines already placed on the screen.
in vec2 where; in float faint;
out float amount;
void main() { gl_Position = vec4(where, 0.0, 1.0); amount = faint; }
