"""A warehouse file: brought up to this version's schema, its log written back beside other work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.errors import Corrupt
from tenure.warehouse.engine import Engine, WarehouseFile
from tenure.warehouse.schema import MARK, SCHEMA_VERSION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def features(engine: Engine) -> list[tuple[int, ...]]:
    return engine.run("SELECT customer_key, feature_key, first_us, last_us, n FROM feature_totals ORDER BY ALL")


def test_a_file_of_the_first_schema_gets_one_row_for_each_customer_and_feature(path: Path) -> None:
    with WarehouseFile.open(path) as file:
        file.engine.run("INSERT INTO feature_totals VALUES (1, 1, 10, 20, 2), (1, 1, 5, 7, 3), (1, 2, 8, 8, 1)")
        file.engine.set_mark(MARK.schema_version, 1)
    with WarehouseFile.open(path) as file:
        assert features(file.engine) == [(1, 1, 5, 20, 5), (1, 2, 8, 8, 1)]
        assert file.engine.mark(MARK.schema_version) == SCHEMA_VERSION


def test_a_file_of_a_later_schema_is_refused(path: Path) -> None:
    with WarehouseFile.open(path) as file:
        file.engine.set_mark(MARK.schema_version, SCHEMA_VERSION + 1)
    with pytest.raises(Corrupt):
        WarehouseFile.open(path)


def test_what_was_committed_is_in_the_file_when_the_block_is_over(path: Path) -> None:
    log = path.with_suffix(".duckdb.wal")
    with WarehouseFile.open(path) as file:
        file.engine.run("INSERT INTO names VALUES (1, 'login')")
        assert log.stat().st_size > 0
        with file.engine.writing_back():
            pass
        assert log.stat().st_size > 0, "too short to be worth it"
        with file.engine.writing_back(from_bytes=1):
            pass
        assert not log.exists() or log.stat().st_size == 0
        assert file.engine.run("SELECT name FROM names") == [("login",)]


def test_what_goes_wrong_in_the_block_is_said_and_loses_nothing(path: Path) -> None:
    with WarehouseFile.open(path) as file:
        file.engine.run("INSERT INTO names VALUES (1, 'login')")
        with pytest.raises(ZeroDivisionError), file.engine.writing_back(from_bytes=1):
            raise ZeroDivisionError
        assert file.engine.run("SELECT name FROM names") == [("login",)]
