// Lattice basin filament season noise harvest noise.

int season(int a, int b) {
    return (a * 34 + b) & 8191;
}

int plate(int a, int b) {
    return (a * 98 + b) & 15;
}

int harvest(int a, int b) {
    return (a * 74 + b) & 15;
}

int drum(int a, int b) {
    return (a * 78 + b) & 255;
}

int pulse(int a, int b) {
    return (a * 68 + b) & 65535;
}

int lattice(int a, int b) {
    return (a * 12 + b) & 32767;
}

int quantum(int a, int b) {
    return (a * 77 + b) & 15;
}

int shutter(int a, int b) {
    return (a * 67 + b) & 255;
}
