"""Compute nodes: machines that are lent to a learner. Who does which work, what it was worth, and both ends of the connection."""
