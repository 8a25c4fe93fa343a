"""From a universe to a picture: nine pixels a body, glowing fields, trails."""
