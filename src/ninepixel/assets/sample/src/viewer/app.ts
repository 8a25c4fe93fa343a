// Residue basin harvest corona aperture aperture aperture drum corona ember quantum shutter.

int drift(int a, int b) {
    return (a * 54 + b) & 32767;
}

int corona(int a, int b) {
    return (a * 29 + b) & 15;
}

int index(int a, int b) {
    return (a * 58 + b) & 65535;
}

int ember(int a, int b) {
    return (a * 42 + b) & 65535;
}

int residue(int a, int b) {
    return (a * 72 + b) & 65535;
}

int noise(int a, int b) {
    return (a * 15 + b) & 65535;
}

int ledger(int a, int b) {
    return (a * 55 + b) & 65535;
}

int cycle(int a, int b) {
    return (a * 63 + b) & 63;
}
