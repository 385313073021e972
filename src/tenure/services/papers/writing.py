"""How a figure is written: its query, its customers, its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from shlex import quote
from zoneinfo import ZoneInfo

import msgspec

from tenure.clock import iso
from tenure.model.papers import Behind, Figure, Paper, Section
from tenure.rules.wording import money, stamp
from tenure.rules.working_time import local, local_day
from tenure.stats.result import NoAnswer, Outcome, Rate

BEHIND_SHOWN = 100
"""Customers a figure of a paper opens into; asked for by its key it opens into all of them."""

Names = Callable[[Sequence[str]], Mapping[str, str]]


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """What every figure is written with. `behind`: how many customers each one opens into, None for all.

    Dates are the venture's (R7): Monday morning in the east is no Sunday.
    """

    now_us: int
    currency: str
    zone: ZoneInfo
    behind: int | None = BEHIND_SHOWN

    def at(self, command: str) -> str:
        """The command, asked about the same moment."""
        return f"{command} --now {iso(self.now_us)}"

    def opens(self, key: str) -> str:
        """The command that gives one figure of the insights report again, with everybody behind it."""
        return self.at(f"tenure insights --figure {quote(key)}")

    def who(self, customer_ids: Iterable[str]) -> tuple[Behind, ...]:
        """The first of these customers; names are filled in once, at the end."""
        ids = tuple(dict.fromkeys(customer_ids))
        return tuple(Behind(customer_id=one) for one in ids[: self.behind])

    @property
    def as_of_there(self) -> str:
        return stamp(self.now_us, self.zone)

    def day(self, moment_us: int) -> str:
        return local_day(moment_us, self.zone)

    def minute(self, moment_us: int) -> str:
        return f"{local(moment_us, self.zone):%Y-%m-%d %H:%M}"

    def money(self, cents: int | None) -> str:
        return money(cents, self.currency)


def with_names(paper: Paper, names: Names) -> Paper:
    """Every customer by name, looked up once."""
    ids = {
        one.customer_id
        for section in paper.sections
        for figure in section.figures
        for one in figure.customers
    }
    known = names(sorted(ids))

    def named(figure: Figure) -> Figure:
        customers = tuple(
            Behind(customer_id=one.customer_id, name=known.get(one.customer_id, ""))
            for one in figure.customers
        )
        return msgspec.structs.replace(figure, customers=customers)

    sections = tuple(
        msgspec.structs.replace(one, figures=tuple(named(figure) for figure in one.figures))
        for one in paper.sections
    )
    return msgspec.structs.replace(paper, sections=sections)


def keyed(text: str) -> str:
    """Words as a part of a key: `product quality` -> product-quality."""
    return "-".join("".join(sign if sign.isalnum() else " " for sign in text.casefold()).split())


def rate_text(found: Outcome[Rate]) -> tuple[str, str]:
    """(`85.2 %`, `75 of 88; 95 % interval 76.4 to 91.2`), or no text and why."""
    if isinstance(found, NoAnswer):
        return "", found.sentence
    rate = found.value
    return (
        f"{rate.percent:g} %",
        f"{rate.count:,} of {rate.total:,}; 95 % interval {100 * rate.interval.low:.1f} to {100 * rate.interval.high:.1f}",
    )


def counted(number: int, one: str, many: str = "") -> str:
    """`1 customer`, `2 customers`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def not_empty(*sections: Section) -> tuple[Section, ...]:
    """Sections with something in them, or with words for why there is nothing."""
    return tuple(one for one in sections if one.figures or one.nothing)
