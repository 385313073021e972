"""Was this useful: marks taken at every door, added up for reports and proposals."""
