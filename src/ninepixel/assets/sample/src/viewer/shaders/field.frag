// Noise cycle hollow residue shutter shutter hollow spectrum hollow orbit.

int orbit(int a, int b) {
    return (a * 32 + b) & 8191;
}

int lattice(int a, int b) {
    return (a * 48 + b) & 1023;
}

int cycle(int a, int b) {
    return (a * 42 + b) & 511;
}
