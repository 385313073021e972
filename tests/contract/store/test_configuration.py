"""Parameters, locks, presets and scorecards: every change leaves its line in the same transaction."""

from __future__ import annotations

import pytest

from tenure.errors import NotFound, Refused
from tenure.model.configuration import ValueChange
from tenure.model.ventures import Venture
from tenure.store import Store

WHO = {"who": "kim", "why": "review", "now_us": 5}
BY = {"by": "kim", "why": "review"}


def names(store: Store, venture: Venture) -> dict[tuple[str, str], object]:
    return {(value.name, value.segment): value.value for value in store.parameters.values(venture.venture_id)}


def test_a_change_is_kept_with_who_when_before_after_and_why(store: Store, venture: Venture) -> None:
    first = [
        ValueChange(name="ticket_penalty", value=12),
        ValueChange(name="ticket_penalty", value=15, segment="plan=pro"),
    ]
    store.parameters.apply(venture.venture_id, first, **WHO)
    [entry] = store.parameters.apply(
        venture.venture_id, [ValueChange(name="ticket_penalty", value=13)], who="lee", why="calmer", now_us=9
    )
    assert names(store, venture) == {("ticket_penalty", ""): 13, ("ticket_penalty", "plan=pro"): 15}
    assert (entry.who, entry.happened_us, entry.before, entry.after, entry.why) == (
        "lee",
        9,
        12,
        13,
        "calmer",
    )
    assert len(store.audit.history(venture.venture_id, name="ticket_penalty")) == 3
    assert store.audit.history(venture.venture_id)[0] == entry


def test_a_value_taken_back_is_gone_and_logged(store: Store, venture: Venture) -> None:
    store.parameters.apply(venture.venture_id, [ValueChange(name="core_features", value=["export"])], **WHO)
    [entry] = store.parameters.apply(
        venture.venture_id, [ValueChange(name="core_features", value=None)], **WHO
    )
    assert names(store, venture) == {}
    assert (entry.before, entry.after) == (["export"], None)


def test_what_already_is_so_leaves_no_line(store: Store, venture: Venture) -> None:
    change = [ValueChange(name="ticket_penalty", value=12)]
    store.parameters.apply(venture.venture_id, change, **WHO)
    assert store.parameters.apply(venture.venture_id, change, **WHO) == []
    assert len(store.audit.history(venture.venture_id)) == 1


def test_one_locked_parameter_refuses_the_whole_change(store: Store, venture: Venture) -> None:
    store.parameters.lock(venture.venture_id, "value_weight", **WHO)
    store.parameters.lock(venture.venture_id, "value_weight", who="lee", why="again", now_us=8)
    both = [ValueChange(name="support_weight", value=20), ValueChange(name="value_weight", value=40)]
    with pytest.raises(Refused, match="value_weight is locked by kim"):
        store.parameters.apply(venture.venture_id, both, **WHO)
    assert names(store, venture) == {}
    store.parameters.unlock(venture.venture_id, "value_weight", **WHO)
    assert len(store.parameters.apply(venture.venture_id, both, **WHO)) == 2
    with pytest.raises(NotFound):
        store.parameters.unlock(venture.venture_id, "value_weight", **WHO)
    assert [entry.after for entry in store.audit.history(venture.venture_id, subject="lock")] == [False, True]


def test_a_preset_is_remembered_with_its_values(store: Store, venture: Venture) -> None:
    store.parameters.apply(
        venture.venture_id, [ValueChange(name="value_weight", value=40)], preset="consumer", **WHO
    )
    [applied] = store.parameters.presets(venture.venture_id)
    assert (applied.preset, applied.applied_by, applied.applied_us) == ("consumer", "kim", 5)
    [entry] = store.audit.history(venture.venture_id, subject="preset")
    assert (entry.name, entry.after) == ("consumer", ["value_weight"])


def add(store: Store, venture: Venture, digest: str, now_us: int, live: bool = True) -> int:
    document = {"components": {"engagement": 40}, "digest": digest}
    return store.scorecards.add(
        venture.venture_id, "default", digest=digest, document=document, now_us=now_us, live=live, **BY
    ).version


def test_scorecard_versions_count_up_and_the_same_content_is_the_same_version(
    store: Store, venture: Venture
) -> None:
    assert [add(store, venture, digest, 1) for digest in ("a", "b", "a")] == [1, 2, 1]
    found = store.scorecards.versions(venture.venture_id)
    assert [(card.version, card.digest, card.document["digest"]) for card in found] == [
        (1, "a", "a"),
        (2, "b", "b"),
    ]


def test_the_live_set_of_any_past_time_can_be_told(store: Store, venture: Venture) -> None:
    add(store, venture, "a", 10)
    add(store, venture, "b", 20)
    add(store, venture, "draft", 25, live=False)
    store.scorecards.set_live(venture.venture_id, "default", 1, now_us=30, **BY)
    store.scorecards.retire(venture.venture_id, "default", now_us=40, **BY)

    def live(at_us: int | None) -> list[tuple[int, int | None]]:
        return [
            (card.version, card.live_from_us)
            for card in store.scorecards.live(venture.venture_id, at_us=at_us)
        ]

    assert [live(at) for at in (9, 10, 25, 35, 40, None)] == [[], [(1, 10)], [(2, 20)], [(1, 30)], [], []]
    lines = store.audit.history(venture.venture_id, subject="scorecard")
    assert [(line.before, line.after) for line in lines] == [(1, None), (2, 1), (1, 2), (None, 1)]


def test_an_unknown_version_cannot_go_live(store: Store, venture: Venture) -> None:
    with pytest.raises(NotFound):
        store.scorecards.set_live(venture.venture_id, "default", 7, now_us=1, **BY)
    with pytest.raises(NotFound):
        store.scorecards.retire(venture.venture_id, "default", now_us=1, **BY)
