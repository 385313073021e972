"""Health scoring set-wise: measure inputs, compiled scorecards, the split of changes, checks and history."""
