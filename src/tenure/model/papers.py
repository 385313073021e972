"""A paper: sections of figures, decided before anything is drawn. Each figure names its query and opens into its customers."""

from __future__ import annotations

import msgspec


class Behind(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A customer behind a figure: id and name, nothing else."""

    customer_id: str
    name: str = ""


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One figure: what it is of, the words a person reads, and where it comes from.

    `key` opens it (`tenure insights --figure KEY`); `query` is the command that gives the same number again; `total`
    customers stand behind it, of whom `customers` are as many as were asked for; `value` is the number itself.
    """

    key: str
    label: str
    text: str
    query: str
    note: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    quotes: tuple[str, ...] = ()
    value: float | None = None
    is_good: bool | None = None
    customers: tuple[Behind, ...] = ()
    total: int = 0


class Section(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Figures about one thing. `nothing` is said where there are none."""

    key: str
    title: str
    intro: str = ""
    figures: tuple[Figure, ...] = ()
    nothing: str = ""


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report: `name` is that of the calendar (insights_report, weekly_review, business_review).

    `as_of` is UTC for machines, `as_of_there` the venture's clock as people read it.
    """

    name: str
    title: str
    venture: str
    as_of: str
    as_of_there: str
    known_batch: int
    currency: str
    sections: tuple[Section, ...]

    def figure(self, key: str) -> Figure | None:
        """The figure of a key."""
        return next((one for section in self.sections for one in section.figures if one.key == key), None)
