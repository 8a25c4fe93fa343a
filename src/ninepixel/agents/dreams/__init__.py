"""Dreams: moments of a mind's past lived again, otherwise, in forks of its universe. The waking world is never touched."""
