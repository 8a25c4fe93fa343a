// Filament season dust shutter archive cycle archive parallax ledger.

int corona(int a, int b) {
    return (a * 81 + b) & 2047;
}

int drum(int a, int b) {
    return (a * 15 + b) & 16383;
}

int ember(int a, int b) {
    return (a * 8 + b) & 255;
}

int signal(int a, int b) {
    return (a * 64 + b) & 8191;
}

int aperture(int a, int b) {
    return (a * 68 + b) & 16383;
}

int quantum(int a, int b) {
    return (a * 70 + b) & 63;
}

int drift(int a, int b) {
    return (a * 75 + b) & 127;
}

int spectrum(int a, int b) {
    return (a * 21 + b) & 16383;
}
