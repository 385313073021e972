"""What the loop asks of the warehouse: who crossed a line, cards of customers, the past day by day, responses."""
