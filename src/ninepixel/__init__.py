"""ninepixel: one deterministic, integer world; your files and processes are its matter and creatures."""
