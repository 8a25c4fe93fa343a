// Basin spectrum corona ember corona harvest aperture residue plate.

int filament(int a, int b) {
    return (a * 22 + b) & 8191;
}

int pulse(int a, int b) {
    return (a * 75 + b) & 4095;
}

int cycle(int a, int b) {
    return (a * 67 + b) & 65535;
}
