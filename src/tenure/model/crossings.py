"""A customer's score beside the score at which a trigger last decided (M6), and what is decided about a crossing."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tenure.model.cause import Cause
from tenure.model.intents import Intent

UNARMED_TENTHS = -1
"""As last judged score: scored while new and always below the threshold, so not armed yet (M7)."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What crossings are judged by: thresholds in tenths of a point, coverage as a share, money in cents."""

    at_risk_tenths: int
    healthy_tenths: int
    min_coverage: float
    cooldown_us: int
    high_value_cents: int


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One published score as a trigger sees it. `total` is computed and unrounded, `score_tenths` is shown (an override's,
    where one is in force); the change parts are the last change's; `last_opened_us` the opening of the customer's last chain.

    `chains` counts the chains this customer ever had: the next one's number makes a firing one, whoever fires it.
    """

    customer_id: str
    run_id: int
    score_tenths: int
    total: float
    health_status: str
    last_judged_tenths: int | None = None
    is_new: bool = False
    coverage: float = 1.0
    changed_us: int = 0
    change_late: float | None = None
    change_time: float | None = None
    change_behaviour: float | None = None
    change_configuration: float | None = None
    arr_cents: int | None = None
    last_opened_us: int | None = None
    has_open_chain: bool = False
    chains: int = 0
    override_by: str | None = None
    """The person whose override is in force."""


class Judgement(StrEnum):
    """`move`: decided, nothing to do. `wait`: new and never above. `fire`. `hold`: an obstacle, nothing was decided."""

    move = "move"
    wait = "wait"
    fire = "fire"
    hold = "hold"


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is decided; `last_judged_tenths` is what moves, None where it stays. `reason` in a few words."""

    judgement: Judgement
    reason: str
    last_judged_tenths: int | None = None


class PendingFiring(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A crossing in its alert delay (A2)."""

    trigger_id: str
    subject: str
    since_us: int
    fires_us: int
    cause: Cause
    run_id: int | None = None
    score: float | None = None


class NewChain(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A chain to open, with what its first iteration wants; the store puts its number into the causes.

    `seen_tenths` is the last judged score the decision was made on: it moves to `score_tenths` only from there.
    """

    trigger_id: str
    trigger_version: int
    subject: str
    firing_key: str
    cause: Cause
    intents: tuple[Intent, ...]
    next_check_us: int | None = None
    run_id: int | None = None
    score_tenths: int | None = None
    seen_tenths: int | None = None
    health_status: str | None = None
    outcome: dict[str, object] = {}


class ChainMove(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What becomes of an open chain; written only if it still is at `seen_iteration` in `seen_state`."""

    execution_id: int
    seen_iteration: int
    seen_state: str
    state: str
    iteration: int
    next_check_us: int | None = None
    reason: str | None = None
    intents: tuple[Intent, ...] = ()
    outcome: dict[str, object] = {}
