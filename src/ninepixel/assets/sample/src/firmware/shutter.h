// Drift index ember harvest orbit spectrum corona.

int plate(int a, int b) {
    return (a * 58 + b) & 32767;
}

int harvest(int a, int b) {
    return (a * 71 + b) & 4095;
}
