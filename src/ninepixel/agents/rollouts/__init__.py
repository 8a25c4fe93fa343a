"""What a lease is made of: worlds in which minds act by an integer policy, and few bytes that tell what they did. No torch."""
