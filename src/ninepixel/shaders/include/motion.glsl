// From force to motion: jitter, inertia, friction and membranic drag, one step along the velocity.

// How much the heat of the field shakes a body.
int shake(ivec3 energy) {
    ivec3 heat = energy >> JITTER_HEAT_SHIFT;
    return min(1 + heat.x + heat.y + heat.z, JITTER_LIMIT);
}

ivec2 jitter(uint world, uint index, int amplitude) {
    ivec4 word = ivec4(chance(world, index, STREAM_JITTER) >> 16u);
    return ivec2(word.x - word.y, word.z - word.w) * amplitude;
}

ivec2 accelerated(ivec2 velocity, ivec2 force, ivec2 noise, int mass, int share) {
    ivec2 felt = clamp(force, -FORCE_LIMIT, FORCE_LIMIT) << (REACH_LOG2 + FORCE_TO_SPEED);
    ivec2 v = clamp(velocity + (felt >> (mass >> INERTIA_SHIFT)) + noise, -SPEED_LIMIT, SPEED_LIMIT);
    return ivec2(slowed(v.x, share), slowed(v.y, share));
}

int friction(int density, int before) {
    return FRICTION + int(min(apart(density, before), uint(DRAG_LIMIT)) << DRAG_SHIFT);
}

uvec2 moved(uvec2 at, ivec2 velocity) {
    return at + uvec2((velocity + (1 << (SIDE_LOG2 - 3))) >> (SIDE_LOG2 - 2));
}
