"""What minds feel, measured: how often, what it foretells, what they fear, and whether they face it (the birth test)."""
