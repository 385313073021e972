"""Everything a scorecard can read of a customer: each kind with its inputs, unit, source and value.

Inputs are absolute wherever they can be (the time of the last login, not its age), so that time passing can be told
from behaviour. `tenure.warehouse.scoring` reads the same inputs set-wise and has the twin of every `value`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from tenure.clock import DAY_US
from tenure.model.scorecard import Measure, MeasureArguments

Inputs = Mapping[str, float | int | None]
"""The inputs of one customer, by the role they play in a kind."""
Value = Callable[[Inputs, int], float | None]

LARGEST_TRAIT = 1e15
"""A trait beyond this is no measurement; it would overflow the arithmetic of a shape."""


@dataclass(frozen=True)
class Input:
    """One number read of a customer. `shared`: the same whatever the arguments of the measure."""

    role: str
    shared: bool = False
    counts: bool = False
    """True where nothing read means 0, not unknown."""
    fractional: bool = False
    """A float; every other input is an integer."""


@dataclass(frozen=True)
class MeasureKind:
    """One kind of measure. `needs` and `may` name arguments; `source` is what must be connected for it to be covered."""

    id: str
    unit: str
    help: str
    source: str
    inputs: tuple[Input, ...]
    value: Value
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    defaults: Mapping[str, int | float | str] = field(default_factory=dict)
    silence_is_data: bool = True
    """Whether "nothing seen" from a connected source is itself a reading (no login: yes; no survey answer: no)."""
    aged_by: str | None = None
    """The role that holds the time of the reading, for windows, last-known and decay."""
    windowed: bool = False
    """Whether an input is cut by days, so that time alone changes it."""


def _get(inputs: Inputs, role: str) -> float:
    return float(inputs[role] or 0)


def _count(role: str) -> Value:
    return lambda inputs, now_us: _get(inputs, role)


def _plain(role: str) -> Value:
    def value(inputs: Inputs, now_us: int) -> float | None:
        found = inputs[role]
        return None if found is None else float(found)

    return value


def _age_days(role: str) -> Value:
    def value(inputs: Inputs, now_us: int) -> float | None:
        found = inputs[role]
        return None if found is None else float(now_us - int(found)) / DAY_US

    return value


def _ratio(over: str, under: str) -> Value:
    def value(inputs: Inputs, now_us: int) -> float | None:
        divisor = _get(inputs, under)
        return _get(inputs, over) / divisor if divisor > 0 else None

    return value


def _days_to_renewal(inputs: Inputs, now_us: int) -> float | None:
    renewal_us = inputs["renewal_us"]
    if renewal_us is None or renewal_us < now_us:
        return None
    return float(int(renewal_us) - now_us) / DAY_US


def _time_to_first_value(inputs: Inputs, now_us: int) -> float | None:
    first_us, created_us = inputs["first_value_us"], inputs["created_us"]
    if first_us is None or created_us is None:
        return None
    return max(0.0, float(int(first_us) - int(created_us)) / DAY_US)


def _contraction_share(inputs: Inputs, now_us: int) -> float | None:
    lost, left = _get(inputs, "contraction_cents"), _get(inputs, "monthly_cents")
    return lost / (lost + left) if lost + left > 0 and left >= 0 else None


def _hundredth(role: str) -> Value:
    def value(inputs: Inputs, now_us: int) -> float | None:
        found = inputs[role]
        return None if found is None else float(found) / 100

    return value


def _average_csat(inputs: Inputs, now_us: int) -> float | None:
    rated = _get(inputs, "rated_tickets")
    return _get(inputs, "csat_hundredths_sum") / rated / 100 if rated > 0 else None


def _pulse(inputs: Inputs, now_us: int) -> float | None:
    until_us = inputs["pulse_until_us"]
    if inputs["pulse"] is None or until_us is None or until_us <= now_us:
        return None
    return float(inputs["pulse"])


def _trait(inputs: Inputs, now_us: int) -> float | None:
    found = inputs["trait"]
    return None if found is None or abs(found) > LARGEST_TRAIT else float(found)


_MONTH = {"window_days": 30}
_WINDOW = ("window_days",)

KINDS: Mapping[str, MeasureKind] = {
    kind.id: kind
    for kind in (
        MeasureKind(
            "login_recency", "days", "Days since the last login of any of the customer's users.", "logins",
            (Input("last_login_us", shared=True),), _age_days("last_login_us"),
        ),
        MeasureKind(
            "login_count", "logins", "Logins in the window.", "logins",
            (Input("logins", counts=True),), _count("logins"), may=_WINDOW, defaults=_MONTH, windowed=True,
        ),
        MeasureKind(
            "active_days", "days", "Days of the window on which any user did anything.", "events",
            (Input("active_days", counts=True),), _count("active_days"), may=_WINDOW, defaults=_MONTH, windowed=True,
        ),
        MeasureKind(
            "active_users", "users", "Different users who did anything in the window.", "events",
            (Input("active_users", counts=True),), _count("active_users"), may=_WINDOW, defaults=_MONTH, windowed=True,
        ),
        MeasureKind(
            "seat_use", "share", "Active users of the window per seat.", "events",
            (Input("active_users", counts=True), Input("seats", shared=True)), _ratio("active_users", "seats"),
            may=_WINDOW, defaults=_MONTH, silence_is_data=False, windowed=True,
        ),
        MeasureKind(
            "usage_trend", "ratio", "Active days of this window over those of the window before (1 = steady).", "events",
            (Input("active_days", counts=True), Input("active_days_before", counts=True)),
            _ratio("active_days", "active_days_before"),
            may=_WINDOW, defaults=_MONTH, silence_is_data=False, windowed=True,
        ),
        MeasureKind(
            "feature_count", "features", "Distinct features adopted so far (breadth).", "features",
            (Input("features", shared=True, counts=True),), _count("features"),
        ),
        MeasureKind(
            "feature_depth", "uses", "Uses per adopted feature so far (depth).", "features",
            (Input("feature_uses", shared=True, counts=True), Input("features", shared=True, counts=True)),
            _ratio("feature_uses", "features"),
        ),
        MeasureKind(
            "core_feature_adopted", "yes/no", "Whether a core feature is adopted (parameter core_features).", "features",
            (Input("core_features", shared=True, counts=True),), _count("core_features"),
        ),
        MeasureKind(
            "time_to_first_value", "days",
            "Days from creation to first value: the first core feature (any, where none is named), "
            "or the fifth active day where no feature events exist (M5).", "events",
            (Input("first_value_us", shared=True), Input("created_us", shared=True)), _time_to_first_value,
        ),
        MeasureKind(
            "open_tickets", "tickets", "Tickets that are open or pending.", "tickets",
            (Input("open_tickets", shared=True, counts=True),), _count("open_tickets"),
        ),
        MeasureKind(
            "unresolved_tickets", "tickets", "Open tickets older than `older_than_days`.", "tickets",
            (Input("unresolved_tickets", counts=True),), _count("unresolved_tickets"), needs=("older_than_days",),
            windowed=True,
        ),
        MeasureKind(
            "slow_tickets", "tickets",
            "Tickets of the window whose first reply took, or is taking, longer than `slower_than_hours`.", "tickets",
            (Input("slow_tickets", counts=True),), _count("slow_tickets"), needs=("slower_than_hours",), may=_WINDOW,
            defaults=_MONTH, windowed=True,
        ),
        MeasureKind(
            "angry_tickets", "tickets", "Tickets of the window rated below `rated_below` (CSAT).", "tickets",
            (Input("angry_tickets", counts=True),), _count("angry_tickets"), may=("window_days", "rated_below"),
            defaults={"window_days": 90, "rated_below": 3.0}, windowed=True,
        ),
        MeasureKind(
            "csat", "points", "The satisfaction of the ticket rated last.", "tickets",
            (Input("csat_hundredths", shared=True), Input("csat_us", shared=True)), _hundredth("csat_hundredths"),
            may=_WINDOW, silence_is_data=False, aged_by="csat_us",
        ),
        MeasureKind(
            "csat_average", "points", "The average satisfaction of the tickets of the window.", "tickets",
            (Input("csat_hundredths_sum", counts=True), Input("rated_tickets", counts=True)), _average_csat,
            may=_WINDOW, defaults={"window_days": 90}, silence_is_data=False, windowed=True,
        ),
        MeasureKind(
            "survey_score", "points", "The last answer to a survey (`nps` unless named).", "answers",
            (Input("survey_score"), Input("survey_us")), _plain("survey_score"), may=("window_days", "survey"),
            defaults={"survey": "nps"}, silence_is_data=False, aged_by="survey_us",
        ),
        MeasureKind(
            "failed_payments", "payments", "Payments of the window that failed or are past due.", "revenue",
            (Input("failed_payments", counts=True),), _count("failed_payments"), may=_WINDOW, defaults=_MONTH,
            windowed=True,
        ),
        MeasureKind(
            "days_to_renewal", "days", "Days until the renewal date; nothing once it has passed.", "customers",
            (Input("renewal_us", shared=True),), _days_to_renewal, silence_is_data=False,
        ),
        MeasureKind(
            "contraction", "share", "Share of the monthly amount lost to contraction in the window.", "revenue",
            (Input("contraction_cents", counts=True), Input("monthly_cents", shared=True, counts=True)),
            _contraction_share, may=_WINDOW, defaults={"window_days": 90}, silence_is_data=False, windowed=True,
        ),
        MeasureKind(
            "sponsor_lost", "yes/no", "Whether the primary contact, an owner or an admin user was deactivated.", "users",
            (Input("lost_sponsors", shared=True, counts=True),), _count("lost_sponsors"),
        ),
        MeasureKind(
            "pulse", "points", "A person's judgement of the customer, until it expires.", "pulses",
            (Input("pulse", shared=True, fractional=True), Input("pulse_us", shared=True), Input("pulse_until_us", shared=True)), _pulse,
            silence_is_data=False, aged_by="pulse_us",
        ),
        MeasureKind(
            "trait_number", "", "Any trait that is a number.", "customers",
            (Input("trait", fractional=True),), _trait, needs=("trait",), silence_is_data=False,
        ),
        MeasureKind(
            "event_count", "events", "Events of the window with any of these names.", "events",
            (Input("event_count", counts=True),), _count("event_count"), needs=("events",), may=_WINDOW, defaults=_MONTH,
            windowed=True,
        ),
        MeasureKind(
            "event_recency", "days", "Days since the last event with any of these names.", "events",
            (Input("last_event_us"),), _age_days("last_event_us"), needs=("events",),
        ),
    )
}  # fmt: skip


def kind_of(measure: Measure) -> MeasureKind:
    """The kind a checked measure reads."""
    return KINDS[measure.reads]


def argument(measure: Measure, name: str) -> int | float | str | None:
    """An argument of a measure, or the default of its kind."""
    given: int | float | str | None = getattr(measure.arguments, name)
    return given if given is not None else kind_of(measure).defaults.get(name)


def window_days(measure: Measure) -> int | None:
    """The window in whole days; None reads everything so far."""
    found = argument(measure, "window_days")
    return None if found is None else int(found)


def columns(measure: Measure) -> dict[str, str]:
    """The name of the column each input of the measure is kept in, by role."""
    suffix = _suffix(measure)
    return {each.role: each.role if each.shared else each.role + suffix for each in kind_of(measure).inputs}


def _suffix(measure: Measure) -> str:
    """Says the arguments, so that two measures share a column exactly when they read the same thing."""
    kind = kind_of(measure)
    parts = [
        text
        for name in (*kind.needs, *kind.may)
        if not (name == "window_days" and kind.aged_by is not None)
        for text in [_said(name, measure.arguments, argument(measure, name))]
        if text
    ]
    return "".join("_" + part for part in parts)


def _said(name: str, arguments: MeasureArguments, value: int | float | str | None) -> str:
    match name:
        case "window_days" | "older_than_days":
            return "" if value is None else f"{value}d"
        case "slower_than_hours":
            return f"{value}h"
        case "events":
            return _hashed("\x1f".join(sorted(arguments.events)))
        case "rated_below":
            return f"{value:g}".replace(".", "p") if value is not None else ""
        case _:
            return _hashed(str(value))


def _hashed(text: str) -> str:
    return blake2b(text.encode(), digest_size=5).hexdigest()
