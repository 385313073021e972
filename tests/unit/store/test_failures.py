"""What databases say, in our words: which error, whether trying again helps, and no value of a row in the text."""

from __future__ import annotations

import adbc_driver_manager
import psycopg
import pytest
from sqlalchemy import exc

from tenure.errors import BadInput, Corrupt, Locked, TenureError, Unavailable
from tenure.store.failures import as_tenure_error, translated


def from_sqlalchemy(text: str) -> exc.OperationalError:
    return exc.OperationalError("INSERT INTO people VALUES (?)", ("kim@example.com",), Exception(text))


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (from_sqlalchemy("database is locked"), Locked),
        (from_sqlalchemy("database or disk is full"), Unavailable),
        (from_sqlalchemy("attempt to write a readonly database"), Unavailable),
        (from_sqlalchemy("unable to open database file"), Unavailable),
        (from_sqlalchemy("database disk image is malformed"), Corrupt),
        (from_sqlalchemy("no such table: health"), Corrupt),
        (psycopg.errors.LockNotAvailable("busy"), Locked),
        (psycopg.errors.DeadlockDetected("busy"), Locked),
        (psycopg.errors.DiskFull("full"), Unavailable),
        (psycopg.errors.UndefinedTable("gone"), Corrupt),
        (psycopg.errors.CharacterNotInRepertoire("\\x00"), BadInput),
        (psycopg.OperationalError("connection refused"), Unavailable),
        (adbc_driver_manager.InternalError("failed to execute: database is locked", status_code=9), Locked),
        (
            adbc_driver_manager.InternalError("cannot rollback - no transaction is active", status_code=9),
            Unavailable,
        ),
        (
            adbc_driver_manager.InternalError("NOT NULL constraint failed: inbox.kind", status_code=9),
            BadInput,
        ),
    ],
)
def test_each_failure_becomes_one_of_ours(problem: Exception, expected: type[TenureError]) -> None:
    error = as_tenure_error(problem, "store")
    assert type(error) is expected
    assert error.message.endswith(".") and error.fix
    assert "kim" not in str(error)


def test_our_own_errors_pass_as_they_are() -> None:
    ours = BadInput("No.", "Yes.")
    with pytest.raises(BadInput) as caught, translated():
        raise ours
    assert caught.value is ours


def test_a_mistake_of_the_program_is_not_called_a_failure_of_the_database() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError


def test_a_number_no_database_can_hold_is_bad_input() -> None:
    with pytest.raises(BadInput), translated():
        raise OverflowError
