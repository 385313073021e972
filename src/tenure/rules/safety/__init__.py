"""Safety, decided: when a watch trips, which moves an incident may make, who acts again."""
