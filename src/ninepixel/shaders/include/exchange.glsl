// What a body takes from the field, what anchored matter radiates, what everybody gives back.

ivec3 uptake(ivec3 energy, ivec3 own) { return ((energy >> UPTAKE_SHIFT) * own) >> 8; }

// The energy that the source creates in anchored matter.
int radiated(int energy, int mass) { return min((mass + RADIANCE_FLOOR) << RADIANCE_SHIFT, ENERGY_LIMIT - energy); }

ivec3 excreted(int energy, ivec3 own) {
    int amount = min((energy + (1 << EXCRETE_SHIFT) - 1) >> EXCRETE_SHIFT, EXCRETE_LIMIT);
    return (amount * own) >> 8;
}
