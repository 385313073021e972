"""Papers: the customer insights report and the review packs, as sections of figures (`model/papers.py`)."""
