// Pulse harvest harvest quantum ember noise harvest corona corona.

int ember(int a, int b) {
    return (a * 41 + b) & 65535;
}
