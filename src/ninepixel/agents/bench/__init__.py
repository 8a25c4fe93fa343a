"""How fast environments run here: the peers that ``ninepixel bench env`` is measured beside."""
