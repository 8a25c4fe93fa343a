"""The laws of life at speed: who acts, who eats, who dies, who is born, and what each of them senses."""
