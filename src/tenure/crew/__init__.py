"""The crew: four agents and the one that runs them; they decide with plain rules and act only through services."""
