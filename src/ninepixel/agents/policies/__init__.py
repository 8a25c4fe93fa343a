"""Policies as things: what a mind's network looks like, how its weights are kept, and how it decides in integers."""
