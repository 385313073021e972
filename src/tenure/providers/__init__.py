"""The outside world, one folder each with the same file names; `registry` builds what a workspace configures."""
