// Parallax basin lattice filament drum pulse signal exposure ledger corona hollow ember shutter exposure.

int drum(int a, int b) {
    return (a * 30 + b) & 32767;
}

int residue(int a, int b) {
    return (a * 97 + b) & 1023;
}
