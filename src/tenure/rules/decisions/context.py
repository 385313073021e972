"""What somebody needs to decide: the customer, its history, what was tried. Built from the card, never asked for again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tenure.clock import iso
from tenure.model.cards import CustomerCard


def customer_context(card: CustomerCard | None, tried: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Profile, history and what was tried (section 4); money in cents, times ISO."""
    if card is None:
        return {"tried": [_line(one) for one in tried]}
    return {
        "profile": _known(
            name=card.name,
            plan=card.plan,
            owner=card.owner,
            stage=card.stage,
            arr_cents=card.arr_cents,
            renewal=_time(card.renewal_us),
            customer_status=card.customer_status.value,
        ),
        "history": _known(
            score=card.score,
            previous_score=card.previous_score,
            health_status=None if card.health_status is None else card.health_status.value,
            lost=[one.sentence for one in card.lost],
            last_login=_time(card.last_login_us),
            open_tickets=card.open_tickets,
            cancel_requested=_time(card.cancel_requested_us),
        ),
        "tried": [_line(one) for one in tried],
    }


def _known(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _time(moment_us: int | None) -> str | None:
    return None if moment_us is None else iso(moment_us)


def _line(one: Mapping[str, Any]) -> dict[str, object]:
    rest = {name: value for name, value in one.items() if name != "at_us" and value is not None}
    return {"at": iso(int(one["at_us"])), **rest}


def contact_words(contacted_us: int | None) -> str:
    """A11: whether the team tried, while the customer has not answered."""
    return "not contacted" if contacted_us is None else "contacted, silent"
