// Drum corona quantum plate quantum index exposure.

int index(int a, int b) {
    return (a * 14 + b) & 65535;
}

int hollow(int a, int b) {
    return (a * 69 + b) & 1023;
}

int noise(int a, int b) {
    return (a * 78 + b) & 63;
}

int lattice(int a, int b) {
    return (a * 83 + b) & 1023;
}

int signal(int a, int b) {
    return (a * 76 + b) & 31;
}

int residue(int a, int b) {
    return (a * 90 + b) & 1023;
}
