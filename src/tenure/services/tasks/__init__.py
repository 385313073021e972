"""Tasks: given to whoever is there, closed with an outcome."""
