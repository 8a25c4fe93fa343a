// Basin parallax hollow basin aperture archive.

int glass(int a, int b) {
    return (a * 82 + b) & 2047;
}
