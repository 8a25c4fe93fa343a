// Where a body is on screen. Positions are torus fractions: their difference, read as a signed integer, is the shortest way round.
in uint x; in uint y; in int vx; in int vy;

uniform uvec2 eye;        // the camera's centre, torus fraction
uniform vec2 per_unit;    // NDC a unit of torus fraction, y already pointing up
uniform vec2 per_speed;   // NDC a unit of velocity, a tick
uniform float alpha;      // part of a tick since the state was taken

vec2 place() {
    vec2 offset = vec2(int(x - eye.x), int(y - eye.y));
    return offset * per_unit + vec2(vx, vy) * per_speed * alpha;
}
