"""The reason of each measure in plain words: "last login 12 days ago: 20 of 40"."""

from __future__ import annotations

import math
from collections.abc import Callable

from tenure.model.scorecard import Measure
from tenure.rules.scorecard.catalogue import argument, kind_of

CORE_FEATURE = "core_feature_adopted"

_SOURCE_WORDS = {
    "logins": "logins not measured",
    "events": "usage not measured",
    "features": "features not measured",
    "tickets": "support not measured",
    "answers": "surveys not measured",
    "revenue": "revenue not measured",
    "users": "users not measured",
    "pulses": "no pulse given yet",
    "customers": "customer records not imported",
}


def sentence(
    measure: Measure,
    value: float | None,
    points: float | None,
    highest: float,
    connected: bool,
    has_core_features: bool = True,
) -> str:
    """What was read, then what it earned. `points` None: dropped, the other measures carry its weight."""
    if not connected:
        said = _SOURCE_WORDS[kind_of(measure).source]
    elif measure.reads == CORE_FEATURE and not has_core_features:
        said = "no core features named yet"
    elif measure.sentence is not None:
        said = measure.sentence.replace("{value}", "no value" if value is None else _short(value))
    else:
        said = _WORDS[measure.reads](measure, value)
    if points is None:
        return f"{said}: not counted"
    return f"{said}: {_short(min(points, highest))} of {_short(highest)}"


def _short(value: float) -> str:
    """At most one decimal, none where it is whole."""
    rounded = math.floor(abs(value) * 10 + 0.5) / 10
    return f"{math.copysign(rounded, value):g}" if rounded < 1e6 else f"{value:.0f}"


def days_ago(days: float) -> str:
    """Whole days, in words."""
    whole = math.floor(days)
    return "today" if whole < 1 else "1 day ago" if whole == 1 else f"{whole} days ago"


def _many(count: float, word: str) -> str:
    said = f"{count:,.0f}"
    return f"1 {word}" if said == "1" else f"{'no' if said == '0' else said} {word}s"


_Words = Callable[[Measure, float | None], str]


def _counted(word: str, tail: str = "") -> _Words:
    def words(measure: Measure, value: float | None) -> str:
        window = argument(measure, "window_days")
        when = tail or (f" in {window} days" if window is not None else "")
        return _many(value or 0.0, word) + when

    return words


def _ago(start: str, never: str) -> _Words:
    return lambda measure, value: never if value is None else f"{start} {days_ago(value)}"


def _percent(tail: str, nothing: str) -> _Words:
    return lambda measure, value: nothing if value is None else f"{_short(value * 100)} % {tail}"


def _shown(start: str, nothing: str) -> _Words:
    return lambda measure, value: nothing if value is None else f"{start} {_short(value)}"


def _yes_no(yes: str, no: str) -> _Words:
    return lambda measure, value: yes if value else no


def _features(measure: Measure, value: float | None) -> str:
    return _many(value or 0.0, "feature") + " adopted"


def _trend(measure: Measure, value: float | None) -> str:
    if value is None:
        return "no usage in the window before to compare with"
    change = _short(abs(value - 1) * 100)
    return f"active days {'up' if value >= 1 else 'down'} {change} % on the {argument(measure, 'window_days')} days before"


def _first_value(measure: Measure, value: float | None) -> str:
    return "no first value yet" if value is None else f"first value {_after(math.floor(value))}"


def _after(days: int) -> str:
    return "on the first day" if days < 1 else f"after {_many(days, 'day')}"


def _renewal(measure: Measure, value: float | None) -> str:
    return "no renewal date ahead" if value is None else f"renewal {_in(math.floor(value))}"


def _in(days: int) -> str:
    return "today" if days < 1 else f"in {_many(days, 'day')}"


def _survey(measure: Measure, value: float | None) -> str:
    survey = str(argument(measure, "survey")).upper()
    return f"no {survey} answer" if value is None else f"last {survey} answer {_short(value)}"


def _trait(measure: Measure, value: float | None) -> str:
    name = measure.arguments.trait
    return f"{name} unknown" if value is None else f"{name} is {_short(value)}"


def _unresolved(measure: Measure, value: float | None) -> str:
    return f"{_many(value or 0.0, 'ticket')} open for over {_many(float(measure.arguments.older_than_days or 0), 'day')}"


def _slow(measure: Measure, value: float | None) -> str:
    return (
        f"{_many(value or 0.0, 'ticket')} waited over {measure.arguments.slower_than_hours} hours for a reply"
    )


def _events(measure: Measure, value: float | None) -> str:
    return f"{_counted('event')(measure, value)} ({', '.join(measure.arguments.events)})"


_WORDS: dict[str, _Words] = {
    "login_recency": _ago("last login", "never logged in"),
    "login_count": _counted("login"),
    "active_days": _counted("active day"),
    "active_users": _counted("active user"),
    "seat_use": _percent("of seats in use", "number of seats unknown"),
    "usage_trend": _trend,
    "feature_count": _features,
    "feature_depth": _shown("uses per feature:", "no feature used"),
    "core_feature_adopted": _yes_no("core feature adopted", "no core feature adopted"),
    "time_to_first_value": _first_value,
    "open_tickets": _counted("open ticket"),
    "unresolved_tickets": _unresolved,
    "slow_tickets": _slow,
    "angry_tickets": _counted("badly rated ticket"),
    "csat": _shown("last ticket rated", "no ticket rated"),
    "csat_average": _shown("tickets rated on average", "no ticket rated"),
    "survey_score": _survey,
    "failed_payments": _counted("failed payment"),
    "days_to_renewal": _renewal,
    "contraction": _percent("of revenue given up", "no revenue to lose"),
    "sponsor_lost": _yes_no("sponsor lost", "sponsors still there"),
    "pulse": _shown("pulse", "no pulse in force"),
    "trait_number": _trait,
    "event_count": _events,
    "event_recency": lambda measure, value: (
        f"{', '.join(measure.arguments.events)}: " + ("never" if value is None else days_ago(value))
    ),
}
