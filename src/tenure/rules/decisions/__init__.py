"""Decisions, decided: what a kind asks, who is asked when, and what an answer wants done."""
