"""What the team did with customers: logged where they are, found in the CRM, counted as touches."""
