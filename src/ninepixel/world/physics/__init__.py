"""The laws at speed: the same step on numba and on GLSL, to the same bit."""
