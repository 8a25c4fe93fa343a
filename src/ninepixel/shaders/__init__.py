"""GLSL only: compute/ (physics), draw/ (pixels), include/ (shared maths)."""
