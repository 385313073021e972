"""A store that is thrown away keeps cards as they are made."""

from __future__ import annotations

from pathlib import Path

import msgspec
from tests.outreach_builder import card, office

from tenure.store import Store


def test_cards_of_a_store_that_is_thrown_away_are_those_of_a_kept_one(tmp_path: Path) -> None:
    early, late = (msgspec.structs.replace(card(plan=plan), as_of_us=at_us) for plan, at_us in (("basic", 5), ("enterprise", 9)))
    found = []
    for is_kept in (True, False):
        with Store.open(tmp_path / str(is_kept), environment={}, is_kept=is_kept) as store:
            made = office(store)
            for one in (late, early, msgspec.structs.replace(early, customer_id="c2")):
                made.put(one)
            known = store.cards.get(made.venture_id, ["c1", "c2", "nobody"])
            found.append((known, store.cards.delete(made.venture_id, ["c2", "nobody"]), store.cards.get(made.venture_id, ["c2"])))
            assert not store.cards.get(made.venture_id + 1, ["c1"])
    assert found[0] == found[1]
