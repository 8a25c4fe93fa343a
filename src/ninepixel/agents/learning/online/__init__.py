"""Minds that go on learning from their own lives while a universe runs. ``docs/ONLINE.md`` says how.

What runs beside the ticks (``ring``, ``school``) needs no torch; what learns (``pupil``, ``worker``) is a process of its own.
"""
