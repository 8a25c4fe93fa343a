// Senses and acts: tethers pull, creatures and minds climb the scent of their own colours.

ivec3 sniff(ivec3 ahead, ivec3 behind) { return clamp(ahead - behind, -SCENT_LIMIT, SCENT_LIMIT); }

int thrust(ivec3 own, ivec3 slope) {
    int wish = own.x * slope.x + own.y * slope.y + own.z * slope.z;
    return within(wish >> SCENT_SHIFT, THRUST_LIMIT) << THRUST_SHIFT;
}

ivec2 scent(uint world, uvec2 at, ivec3 own) {
    uvec2 c = at >> CELL_SHIFT;
    uvec2 next = (c + 1u) & (SIDE - 1u);
    uvec2 last = (c - 1u) & (SIDE - 1u);
    ivec3 east = energy_at(field_cell(world, uvec2(next.x, c.y)));
    ivec3 west = energy_at(field_cell(world, uvec2(last.x, c.y)));
    ivec3 south = energy_at(field_cell(world, uvec2(c.x, next.y)));
    ivec3 north = energy_at(field_cell(world, uvec2(c.x, last.y)));
    return ivec2(thrust(own, sniff(east, west)), thrust(own, sniff(south, north)));
}

// The pull of a tether on a body at one end toward the other; int() of a difference is the shortest way round the torus.
ivec2 tether(uvec2 at, uvec2 parent) {
    ivec2 stretch = ivec2(parent - at) >> int(CELL_SHIFT - 8u);
    return clamp(stretch, -TETHER_LIMIT, TETHER_LIMIT) << TETHER_SHIFT;
}
