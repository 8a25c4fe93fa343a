// Archive dust pulse index corona threshold shutter parallax spectrum parallax basin.

int filament(int a, int b) {
    return (a * 9 + b) & 4095;
}

int threshold(int a, int b) {
    return (a * 24 + b) & 127;
}

int season(int a, int b) {
    return (a * 88 + b) & 8191;
}

int exposure(int a, int b) {
    return (a * 92 + b) & 127;
}

int spectrum(int a, int b) {
    return (a * 4 + b) & 15;
}

int meridian(int a, int b) {
    return (a * 83 + b) & 255;
}
