"""What databases say when they cannot, in Tenure's words. No foreign exception leaves the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import adbc_driver_manager
import psycopg
from sqlalchemy import exc

from tenure.errors import BadInput, Corrupt, Locked, TenureError, Unavailable

_BUSY_STATES = ("55P03", "40P01", "40001")
_BUSY = ("database is locked", "database table is locked", "database schema is locked")
_BROKEN = ("malformed", "not a database", "no such table", "no such column", "undefined_table")
_BAD_TEXT_STATES = ("22021", "22P05", "22003", "23502")


@contextmanager
def translated(what: str = "store") -> Iterator[None]:
    """Raises `Locked`, `Unavailable`, `Corrupt` or `BadInput` for what a database raised; `what` names the part."""
    try:
        yield
    except TenureError:
        raise
    except (exc.SQLAlchemyError, psycopg.Error, adbc_driver_manager.Error, UnicodeEncodeError, OverflowError) as problem:
        if isinstance(problem, exc.IntegrityError | exc.InvalidRequestError):
            raise
        raise as_tenure_error(problem, what) from problem


def as_tenure_error(problem: Exception, what: str) -> TenureError:
    """The error of ours that says whether trying again helps. Its text never quotes a statement's values."""
    origin = getattr(problem, "orig", None) or problem
    state = getattr(origin, "sqlstate", None) or ""
    text = str(origin).lower()
    if isinstance(origin, UnicodeEncodeError | OverflowError) or state in _BAD_TEXT_STATES or "constraint failed" in text:
        return BadInput(
            f"The {what} was given a value it cannot hold.", "Check the record before handing it in."
        )
    if state in _BUSY_STATES or any(words in text for words in _BUSY):
        return Locked(f"The {what} is locked by another process.", "Try again in a moment.")
    if state == "42P01" or any(words in text for words in _BROKEN):
        return Corrupt(f"The {what} does not hold what Tenure wrote there.", "Restore it from a backup.")
    if "disk is full" in text or state == "53100" or "cannot rollback" in text:
        # SQLite rolls back by itself when the disk is full, and ADBC then reports only that there is nothing to roll back
        return Unavailable(f"There is no room left for the {what}.", "Free some disk space and try again.")
    if "readonly" in text or "read-only" in text:
        return Unavailable(f"The {what} may not be written to.", "Give this user the right to write there.")
    return Unavailable(
        f"The {what} cannot be reached.", "Check that its database runs and its folder exists."
    )
