"""The mailbox behind `reply_address`, as `tenure.ports.mailbox` asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.clock import from_us
from tenure.ports.mailbox import Letter, Place
from tenure.providers.imap.client import ImapLine, opened_folder
from tenure.providers.imap.config import ImapSettings

MOST_BYTES = 25 * 1024 * 1024
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class ImapMailbox:
    """One folder; a line is opened for each look."""

    name = "imap"

    def __init__(self, settings: ImapSettings, password: str) -> None:
        self._settings, self._password = settings, password

    def letters(self, after: Place | None, since_us: int) -> Iterator[Letter]:
        with opened_folder(self._settings, self._password) as line:
            numbers = _new_ones(line, after, since_us)[: self._settings.mails_per_look]
            sizes = line.sizes(numbers[0], numbers[-1]) if numbers else {}
            for number in numbers:
                fits = sizes.get(number, 0) <= MOST_BYTES
                yield Letter(raw=line.raw(number) if fits else None, place=Place(era=line.era, number=number))


def _new_ones(line: ImapLine, after: Place | None, since_us: int) -> list[int]:
    if after is not None and after.era == line.era:
        # `n:*` always names the last mail, also when it has a lower number
        return [one for one in line.numbers(f"UID {after.number + 1}:*") if one > after.number]
    day = from_us(since_us)
    return line.numbers(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}")
