"""The host as geology, read-only: files become matter, processes become creatures."""
