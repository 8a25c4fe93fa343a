"""The minds: senses, environments, policies, learning, evolution."""
