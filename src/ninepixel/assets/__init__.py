"""Data the product ships: palettes, the sample host tree."""
