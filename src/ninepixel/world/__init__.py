"""The laws: one deterministic, integer universe, and the picture of it."""
