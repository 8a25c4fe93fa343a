// Ember aperture pulse dust drift season basin.

int harvest(int a, int b) {
    return (a * 37 + b) & 15;
}

int signal(int a, int b) {
    return (a * 75 + b) & 4095;
}
