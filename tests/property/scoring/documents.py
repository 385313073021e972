"""Hypothesis strategies: any scorecard the checks accept, and the inputs of any customer."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tenure.clock import DAY_US
from tenure.model.mapping import FactMapping
from tenure.model.scorecard import ScoringConfig
from tenure.parameters import resolve
from tenure.rules.scorecard.catalogue import KINDS
from tenure.rules.scorecard.document import scorecard_from
from tenure.rules.scorecard.resolve import PublishedScorecard, resolve_config

NOW_US = 20_000 * DAY_US + 7_654_321
SOURCES = ("logins", "events", "features", "tickets", "answers", "revenue", "users", "pulses", "customers")
CONDITIONS = (
    'plan == "enterprise"',
    "arr >= 1200.5 and not (owner is known)",
    'journey_stage in ("onboarding", "renewal")',
    'trait.size > 10 or trait.tier != "gold"',
    "trait.flag == true or seats < 5",
    "days_to_renewal <= 30 and tenure_days > 20",
    'plan is missing or status == "trial"',
    'segment_does_not_matter_here == "x"',
)[:-1]
points = st.one_of(st.integers(0, 50), st.integers(0, 50_000_000).map(lambda n: n / 1_000_000))
limits = st.integers(-5, 400).map(float)


def _numbers() -> st.SearchStrategy[Any]:
    names = (
        "ticket_penalty",
        "active_engagement_points",
        "points_per_feature",
        "low_login_days",
        "max_value_points",
    )
    return st.one_of(points, st.sampled_from(names).map(lambda name: {"parameter": name}))


@st.composite
def _bands(draw: st.DrawFn) -> dict[str, Any]:
    found = sorted(draw(st.lists(limits, min_size=1, max_size=4, unique=True)))
    bands = [{"below": limit, "points": draw(_numbers())} for limit in found]
    return {"bands": [*bands, {"otherwise": draw(points)}]}


@st.composite
def _piecewise(draw: st.DrawFn) -> dict[str, Any]:
    found = sorted(draw(st.lists(limits, min_size=2, max_size=4, unique=True)))
    return {"piecewise": [{"at": at, "points": draw(_numbers())} for at in found]}


shapes = st.one_of(
    _bands(),
    _piecewise(),
    st.fixed_dictionaries({"linear": st.fixed_dictionaries({"per_unit": _numbers(), "base": points})}),
    st.fixed_dictionaries(
        {"inverse": st.fixed_dictionaries({"base": _numbers(), "minus_per_unit": _numbers()})}
    ),
    st.fixed_dictionaries({"boolean": st.fixed_dictionaries({"yes": _numbers(), "no": points})}),
)
ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "window_days": st.sampled_from([7, 30, 90]),
    "events": st.sampled_from([["export"], ["export", "report_made"]]),
    "trait": st.sampled_from(["size", "score"]),
    "survey": st.sampled_from(["nps", "ces"]),
    "older_than_days": st.sampled_from([3, 10]),
    "slower_than_hours": st.sampled_from([4, 24]),
    "rated_below": st.sampled_from([3, 2.5]),
}


@st.composite
def measures(draw: st.DrawFn, position: int) -> dict[str, Any]:
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    found: dict[str, Any] = {
        "id": f"measure_{position}",
        "reads": kind.id,
        **draw(shapes),
        "cap": draw(points),
    }
    for name in (*kind.needs, *(name for name in kind.may if draw(st.booleans()))):
        found[name] = draw(ARGUMENTS[name])
    if draw(st.booleans()):
        found["floor"] = draw(points)
    policies: list[Any] = ["rule", "zero", "drop", {"neutral": draw(points)}]
    found["no_data"] = draw(st.sampled_from(policies)) if position else "rule"
    if kind.aged_by is not None:
        if draw(st.booleans()):
            found["last_known_days"] = draw(st.sampled_from([10, 120]))
        if found["no_data"] != "drop" and draw(st.booleans()):
            found["half_life_days"] = draw(st.sampled_from([1, 30, 365]))
    return found


@st.composite
def documents(draw: st.DrawFn, name: str, when: str | None, precedence: int) -> dict[str, Any]:
    count = draw(st.integers(1, 3))
    weights = {1: [100], 2: [60, 40], 3: [33.3, 33.3, 33.4]}[count]
    components, position = [], 0
    for place in range(count):
        found = []
        for _ in range(draw(st.integers(1, 3))):
            found.append(draw(measures(position)))
            position += 1
        component = {
            "id": f"part_{place}",
            "weight": weights[place],
            "full": draw(st.integers(1, 50_000_000).map(lambda n: n / 1_000_000)),
            "measures": found,
        }
        if draw(st.booleans()):
            component["floor"] = draw(points)
        components.append(component)
    document = {"name": name, "precedence": precedence, "components": components}
    return document if when is None else {**document, "when": when}


@st.composite
def configs(draw: st.DrawFn) -> ScoringConfig:
    conditions = draw(st.lists(st.sampled_from(CONDITIONS), max_size=2, unique=True))
    drawn = [draw(documents("everybody", None, 0))]
    drawn += [
        draw(documents(f"special_{i}", when, draw(st.integers(0, 3)))) for i, when in enumerate(conditions)
    ]
    overrides: dict[str, dict[str, object]] = {}
    if draw(st.booleans()):
        overrides["plan=enterprise"] = {"ticket_penalty": 15, "points_per_feature": 3}
    if draw(st.booleans()):
        overrides["status=trial"] = {"points_per_feature": 7, "low_login_days": 50}
    cards = [PublishedScorecard(scorecard_from(each, each["name"]), 1) for each in drawn]
    return resolve_config(cards, resolve({}, overrides), FactMapping())


times = st.one_of(
    st.none(),
    st.integers(NOW_US - 500 * DAY_US, NOW_US - 1),
    st.integers(1, 400).map(lambda d: NOW_US - d * DAY_US),
)
PROFILE_VALUES: dict[str, list[Any]] = {
    "plan": [None, "enterprise", "pro"],
    "status": ["active", "trial"],
    "owner": [None, "Ada"],
    "term_days": [None, 30, 365],
    "traits": [
        None,
        "{}",
        '{"size": 12.5, "tier": "gold"}',
        '{"size": "12", "flag": true, "tier": "x"}',
        '{"score": 7}',
    ],
}
PROFILES: dict[str, st.SearchStrategy[Any]] = {
    **{name: st.sampled_from(values) for name, values in PROFILE_VALUES.items()},
    "arr_cents": st.one_of(st.none(), st.integers(0, 10**7)),
}


def row_of(config_columns: dict[str, bool]) -> st.SearchStrategy[dict[str, Any]]:
    """A customer's kept columns; `config_columns` says of each whether it counts (never null)."""

    def values(name: str, counts: bool) -> st.SearchStrategy[Any]:
        if name in PROFILES:
            return PROFILES[name]
        if name in ("renewal_us", "pulse_until_us"):
            return st.one_of(st.none(), st.integers(NOW_US - 50 * DAY_US, NOW_US + 100 * DAY_US))
        if name.endswith("_us") or "_us_" in name:
            return times
        if counts:
            return st.integers(0, 60)
        if name.startswith(("trait", "pulse")):
            return st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(0, 100).map(float))
        return st.one_of(st.none(), st.integers(0, 1000))

    return st.fixed_dictionaries({name: values(name, counts) for name, counts in config_columns.items()})
