"""Alerts, decided: who is told where, what it says, when an answer is due, and whether it was right."""
