"""Where a library needs more than the standard interfaces: one thin adapter each, which needs that library installed."""
