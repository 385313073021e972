"""What a trigger decides: crossings, chains, budgets, the loop proof. Pure: everything is handed in."""
