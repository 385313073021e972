"""What marks of usefulness add up to, and how a report and a proposal say it (Day one, 14)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from tenure.model.useful import Subject, UsefulMark

WINDOW_DAYS = 90
_MOST_WORDS = 3


class Usefulness(msgspec.Struct, frozen=True, kw_only=True):
    """Of one kind of alert, one measure, or one playbook's drafts. `words`: the latest ones said, newest first."""

    subject: Subject
    kind: str
    up: int
    down: int
    words: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        return self.up / (self.up + self.down)


def usefulness(marks: Sequence[UsefulMark]) -> tuple[Usefulness, ...]:
    """By what was judged, least useful first; ties by how often."""
    groups: dict[tuple[Subject, str], list[UsefulMark]] = defaultdict(list)
    for one in marks:
        groups[one.subject, one.kind].append(one)
    found = [_added_up(subject, kind, its) for (subject, kind), its in groups.items()]
    return tuple(sorted(found, key=lambda one: (one.share, -(one.up + one.down), one.subject.value, one.kind)))


def _added_up(subject: Subject, kind: str, marks: Sequence[UsefulMark]) -> Usefulness:
    up = sum(one.is_useful for one in marks)
    said = [one.word for one in sorted(marks, key=lambda one: -one.at_us) if one.word]
    return Usefulness(subject=subject, kind=kind, up=up, down=len(marks) - up, words=tuple(said[:_MOST_WORDS]))


def line(one: Usefulness) -> str:
    """One line of a report."""
    what = {Subject.alert: "Alerts", Subject.reason: "Reason", Subject.draft: "Drafts of"}[one.subject]
    said = f": {'; '.join(one.words)}" if one.words else ""
    return f"{what} {one.kind.replace('_', ' ')}: useful {one.up} of {one.up + one.down}{said}"


def cited(found: Sequence[Usefulness], subject: Subject, kind: str) -> str:
    """What a proposal about this kind cites; empty where nobody said anything."""
    mine = next((one for one in found if (one.subject, one.kind) == (subject, kind)), None)
    return "" if mine is None else line(mine)
