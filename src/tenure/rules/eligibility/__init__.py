"""May this touch leave, now, to this person? Pure gates in the stated order (automation.md, section 2)."""
