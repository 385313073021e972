"""Manual -> assisted -> auto: the record that justifies moving a class of action up. Moving it is the chairman's change."""

from __future__ import annotations

import msgspec

from tenure.parameters.declarations.automation import AUTONOMY_LEVELS

LEAST_DRAFTS = 20
LEAST_UNCHANGED = 0.9
MOST_NEGATIVE = 0.02
"""One in fifty of what was sent."""


class ClassRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Drafts of one class of action that were decided, and how the approved ones ended."""

    action_class: str
    drafts: int = 0
    unchanged: int = 0
    edited: int = 0
    rejected: int = 0
    answered: int = 0
    negative: int = 0

    @property
    def decided(self) -> int:
        return self.unchanged + self.edited + self.rejected

    @property
    def unchanged_share(self) -> float | None:
        return None if self.decided == 0 else self.unchanged / self.decided


class MayMoveUp(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the evidence is there, to which level, and the sentence that says why (not)."""

    yes: bool
    to: str | None
    why: str


def may_move_up(record: ClassRecord, level: str) -> MayMoveUp:
    """One level at a time: assisted needs a person's wish only, auto needs a record of proposals accepted unchanged."""
    if level == AUTONOMY_LEVELS[-1]:
        return MayMoveUp(yes=False, to=None, why="It is on auto already.")
    to = AUTONOMY_LEVELS[AUTONOMY_LEVELS.index(level) + 1]
    if to != AUTONOMY_LEVELS[-1]:
        return MayMoveUp(yes=True, to=to, why="Drafts wait for approval there: nothing leaves by itself.")
    if record.decided < LEAST_DRAFTS:
        return MayMoveUp(yes=False, to=to, why=f"{record.decided} drafts were decided; {LEAST_DRAFTS} are needed.")
    share = record.unchanged / record.decided
    if share < LEAST_UNCHANGED:
        return MayMoveUp(yes=False, to=to, why=f"{share:.0%} were accepted unchanged; {LEAST_UNCHANGED:.0%} are needed.")
    sent = record.unchanged + record.edited
    if record.negative > MOST_NEGATIVE * sent:
        return MayMoveUp(yes=False, to=to, why=f"{record.negative} of {sent} sent were met with anger or unsubscribes.")
    return MayMoveUp(yes=True, to=to, why=f"{share:.0%} of {record.decided} drafts were accepted unchanged.")
