"""What the loop reads of everybody at once is what one card says; and crossings follow from it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.warehouse.histories import MAPPINGS, many_records
from tests.property.warehouse.loop_conditions import conditions
from tests.property.warehouse.test_incremental_equals_full import built, checked, fresh, nows
from tests.warehouse_builder import BuiltWarehouse

from tenure.model.condition import Condition
from tenure.rules.card_fields import LOOP, card_profile
from tenure.rules.conditions import holds
from tenure.rules.narrowing import certain, possible
from tenure.warehouse.conditions import _Fields
from tenure.warehouse.loop.fields import EVERYTHING, FieldSettings, field_table
from tenure.warehouse.loop.subjects import WarehouseSubjects, any_features

__all__ = ["built"]

NOTICE_DAYS = 20
RANDOM_SCORES = (
    "INSERT INTO health_current BY NAME SELECT id_key AS customer_key, id AS customer_id, (hash(id) % 1001) / 10 AS shown_score, "
    "CASE WHEN hash(id, 1) % 2 = 0 THEN 50.0 END AS previous_score, hash(id, 2) % 3 = 0 AS is_new, 0.5 AS coverage, "
    "CASE WHEN hash(id) % 1001 < 400 THEN 'critical' ELSE 'healthy' END AS shown_status FROM ids WHERE hash(id, 3) % 4 > 0"
)


def subjects_of(house: BuiltWarehouse, settings: FieldSettings) -> WarehouseSubjects:
    """Through the accumulated view: another property holds it equal to the one from facts."""

    def view_at(now_us: int, keys: Any) -> Any:
        return house.warehouse.accumulated_view(now_us, house.mapping, keys)

    return WarehouseSubjects(house.warehouse.engine, view_at, lambda: settings)


def everybody(house: BuiltWarehouse) -> list[str]:
    return [customer_id for (customer_id,) in house.warehouse.engine.run("SELECT id FROM ids ORDER BY id")]


@checked
@given(
    st.lists(many_records, min_size=40, max_size=140),
    nows,
    st.integers(0, len(MAPPINGS) - 1),
    st.lists(conditions, min_size=4, max_size=8),
    st.sampled_from(((), ("export",))),
)
def test_the_fields_of_all_are_those_of_each_card(
    built: list[BuiltWarehouse],
    history: list[Any],
    now_us: int,
    mapping: int,
    asked: list[Condition],
    core: tuple[str, ...],
) -> None:
    house = fresh(built)
    house.mapping = MAPPINGS[mapping]
    house.add(history, now_us)
    now_us = max(now_us, house.warehouse.accumulated_to_us())
    settings = FieldSettings(core_features=core, notice_days=NOTICE_DAYS)
    subjects = subjects_of(house, settings)
    house.warehouse.engine.run(RANDOM_SCORES)
    cards = subjects.cards(everybody(house), now_us)
    profiles = {card.customer_id: card_profile(card, now_us) for card in cards if not card.internal}
    assert _of_all(house, settings, now_us) == {name: {f: profile[f] for f in LOOP.all} for name, profile in profiles.items()}
    watches = {f"watch {place}": condition for place, condition in enumerate(asked)}
    expected = {
        watch: sorted(name for name, profile in profiles.items() if holds(condition, profile))
        for watch, condition in watches.items()
    }
    assert subjects.crossed(watches, now_us) == expected


def _of_all(house: BuiltWarehouse, settings: FieldSettings, now_us: int) -> dict[str, dict[str, Any]]:
    view = house.now(now_us)
    known = settings.knowing(any_features(house.warehouse.engine))
    scores = house.warehouse.engine.ibis.table("loop_scores")
    table = field_table(view, scores, known, EVERYTHING)
    fields = _Fields(table, now_us, NOTICE_DAYS)
    found = table.select(**{name: fields.plain(name) for name in LOOP.all}).to_pyarrow().to_pylist()
    return {row["customer_id"]: row for row in found}


@given(conditions, st.sets(st.sampled_from(LOOP.all)), st.data())
def test_what_is_possible_is_never_too_narrow_and_what_is_certain_never_too_wide(
    condition: Condition, unknown: set[str], data: st.DataObject
) -> None:
    values = st.none() | st.sampled_from(("acme", "active", 0.0, 5.0, True, False))
    profile = {name: data.draw(values) for name in (*LOOP.all, "trait.x", "trait.y")}

    def can_tell(field: str) -> bool:
        return field not in unknown

    maybe, surely = possible(condition, can_tell), certain(condition, can_tell)
    if holds(condition, profile):
        assert maybe is None or holds(maybe, profile)
    if surely is not None and holds(surely, profile):
        assert holds(condition, profile)
