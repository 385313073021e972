"""Tasks, decided: when they are due and what counts as contact."""
