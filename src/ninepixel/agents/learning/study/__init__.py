"""The study behind docs/LEARNING.md: which runs there are, what became of each, and the tables and pictures made of that."""
