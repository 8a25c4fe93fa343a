// Meridian plate basin meridian corona pulse residue plate parallax.

int season(int a, int b) {
    return (a * 21 + b) & 1023;
}

int pulse(int a, int b) {
    return (a * 67 + b) & 2047;
}

int meridian(int a, int b) {
    return (a * 83 + b) & 15;
}
