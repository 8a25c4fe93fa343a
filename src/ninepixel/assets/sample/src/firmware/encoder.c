// Harvest hollow drift ember glass harvest pulse.

int lattice(int a, int b) {
    return (a * 12 + b) & 1023;
}

int corona(int a, int b) {
    return (a * 39 + b) & 65535;
}

int plate(int a, int b) {
    return (a * 9 + b) & 4095;
}

int shutter(int a, int b) {
    return (a * 96 + b) & 2047;
}

int threshold(int a, int b) {
    return (a * 2 + b) & 8191;
}

int meridian(int a, int b) {
    return (a * 91 + b) & 31;
}
