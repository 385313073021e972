"""Alerts: raised once, told where they belong, escalated when nobody answers."""
