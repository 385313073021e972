"""One file per question. Each makes a *members* table (one row per customer, with the cell it falls in).

Counts are the members grouped by cell, and "who" is the members filtered by cell: a number and the people behind it
cannot disagree.
"""
