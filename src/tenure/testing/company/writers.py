"""Through the file door: a folder of customers, users, events, tickets, revenue and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import duckdb
from pyarrow import csv, parquet

from tenure.testing.company.facts import KINDS, Facts, as_text_times
from tenure.testing.company.mess import Delivery, Mess, deliver

Format = Literal["csv", "parquet", "jsonl"]


def write_folder(facts: Facts, path: Path, format: Format = "csv", mess: Mess | None = None) -> Delivery:
    """Write the newest state of everything, one file per kind, with the columns of the file door.

    Times are ISO 8601 text with Z in CSV and JSON lines and UTC timestamps in Parquet; properties are JSON
    text (an object in JSON lines); money is in whole currency units.

    Args:
        facts: of any number of days.
        path: folder, made when absent.
        format: the ending of the files.
        mess: duplicates, late, shuffled and broken rows.

    Returns:
        What was delivered, with the broken rows and the facts held back.
    """
    delivery = deliver(facts.for_files(), mess)
    path.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        _WRITERS[format](delivery.tables[kind], path / f"{kind}.{format}")
    return delivery


def _write_csv(table: Any, path: Path) -> None:
    csv.write_csv(as_text_times(table), path)


def _write_parquet(table: Any, path: Path) -> None:
    parquet.write_table(table, path)


def _write_jsonl(table: Any, path: Path) -> None:
    columns = "* REPLACE (properties::JSON AS properties)" if "properties" in table.column_names else "*"
    with duckdb.connect() as connection:
        connection.register("facts", as_text_times(table))
        target = str(path).replace("'", "''")
        connection.execute(f"COPY (SELECT {columns} FROM facts) TO '{target}' (FORMAT json)")


_WRITERS = {"csv": _write_csv, "parquet": _write_parquet, "jsonl": _write_jsonl}
