"""The window: camera, input, panels."""
