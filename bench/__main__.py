"""`make bench`: every row of "sizes to hold", in one table. `--scale 0.02` runs the same code on small data."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench import alerts, ingest, refresh, triggers
from bench.table import print_table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a million customers and 50 million events")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    customers, events, new = (int(size * given.scale) for size in (1_000_000, 50_000_000, 1_000_000))
    rows = refresh.rows(refresh.Size(customers, events, new, given.runs))
    with tempfile.TemporaryDirectory() as folder:
        rows += triggers.rows(customers, given.runs, Path(folder), "SQLite")
    print_table([*rows, *ingest.rows(given.runs), *alerts.rows(max(200, customers // 50), 100, 3.0)])


if __name__ == "__main__":
    main()
