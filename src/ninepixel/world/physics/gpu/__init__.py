"""The GLSL compute backend."""
