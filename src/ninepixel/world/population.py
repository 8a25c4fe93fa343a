"""How many minds live in the universe of a folder where nobody says otherwise: nine of each colour."""

POPULATION = 27
