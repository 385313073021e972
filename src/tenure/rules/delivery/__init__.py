"""How sending is tried again, and when a provider is left alone. Pure: times and seeds come in."""
