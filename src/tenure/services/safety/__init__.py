"""Safety: the watch rules, incidents, pauses, the live switch."""
