"""The file and SQL doors: CSV, Parquet, JSON lines and application databases become checked facts in the inbox."""
