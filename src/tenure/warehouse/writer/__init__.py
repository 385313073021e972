"""Every statement that writes, for DuckDB. Another engine brings its own rooms with the same names."""
