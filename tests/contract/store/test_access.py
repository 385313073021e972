"""Ventures, people, keys, judgements and secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tenure.errors import BadInput, Corrupt, NotFound
from tenure.model.health import HealthStatus
from tenure.model.keys import KeyKind
from tenure.model.ventures import Role, Venture
from tenure.store import KeyCache, Store
from tenure.store.secrets import SecretKey, SecretRows
from tenure.store.tables import keys, secrets


def test_a_venture_is_made_once_and_kept_up_to_date(store: Store) -> None:
    made = store.ventures.ensure("acme", name="Acme", currency="USD", timezone="UTC", now_us=1)
    again = store.ventures.ensure("acme", name="Acme Ltd", currency="EUR", timezone="Europe/Vienna", now_us=2)
    assert (again.venture_id, again.created_us, again.name, again.currency) == (
        made.venture_id,
        1,
        "Acme Ltd",
        "EUR",
    )
    assert store.ventures.find("acme") == again == store.ventures.get(made.venture_id)
    assert store.ventures.find("nobody") is None
    with pytest.raises(NotFound):
        store.ventures.get(10**9)


def test_an_address_belongs_to_one_person_of_a_venture(
    store: Store, venture: Venture, stranger: Venture
) -> None:
    person = store.people.add(
        venture.venture_id, name="Kim", email="Kim@example.com", role=Role.csm, now_us=1
    )
    with pytest.raises(BadInput, match="already"):
        store.people.add(venture.venture_id, name="Kim B", email="kim@EXAMPLE.com", role=Role.lead, now_us=2)
    store.people.add(stranger.venture_id, name="Kim", email="kim@example.com", role=Role.admin, now_us=2)
    assert store.people.by_email(venture.venture_id, "KIM@example.com") == person
    store.people.leave(venture.venture_id, person.person_id, now_us=9)
    assert [known.left_us for known in store.people.all(venture.venture_id)] == [9]


def test_only_the_digest_of_a_token_is_stored(store: Store, venture: Venture) -> None:
    made = store.keys.create(venture.venture_id, KeyKind.write, name="web", by="kim", now_us=1)
    assert made.token.endswith(made.key.hint) and len(made.key.hint) == 4
    assert made.token not in repr(made)
    with store._database.reading() as connection:
        row = connection.execute(sa.select(keys).where(keys.c.key_id == made.key.key_id)).one()
    assert made.token not in repr(row)
    [line] = store.audit.history(venture.venture_id, subject="key")
    assert made.token not in repr(line)


def test_a_token_finds_its_key_until_it_is_revoked(store: Store, venture: Venture) -> None:
    made = store.keys.create(
        venture.venture_id, KeyKind.api, name="bi", source="bi", scopes=["health:read"], by="kim", now_us=1
    )
    assert store.keys.find_by_token(made.token) == made.key
    assert made.key.scopes == ("health:read",)
    assert store.keys.find_by_token("half \ud800 a pair") is None
    revoked = store.keys.revoke(venture.venture_id, made.key.key_id, by="lee", why="leaked", now_us=5)
    assert revoked.revoked_us == 5
    assert store.keys.find_by_token(made.token) is None
    assert store.keys.revoke(venture.venture_id, made.key.key_id, by="lee", why="again", now_us=9) == revoked
    assert store.keys.all(venture.venture_id, KeyKind.write) == []
    assert store.keys.all(venture.venture_id) == [revoked]


def test_a_door_asks_the_store_again_when_its_memory_is_old(store: Store, venture: Venture) -> None:
    made = store.keys.create(venture.venture_id, KeyKind.write, name="web", by="kim", now_us=1)
    cache = KeyCache(store.keys, lifetime_us=10, capacity=1)
    assert cache.find_by_token(made.token, 100) == made.key
    store.keys.revoke(venture.venture_id, made.key.key_id, by="kim", why="rotated", now_us=2)
    assert cache.find_by_token(made.token, 109) == made.key
    assert cache.find_by_token(made.token, 110) is None
    assert cache.find_by_token("unknown", 110) is None


def judge(store: Store, venture: Venture, from_us: int, until_us: int, **values: object) -> int:
    wanted = {"score": 90.0, "status": None, "reason": "we spoke", "person": "kim", **values}
    return store.overrides.add(
        venture.venture_id,
        "c1",
        from_us=from_us,
        until_us=until_us,
        now_us=from_us,
        **wanted,  # type: ignore[arg-type]
    ).override_id


def test_the_newest_override_counts_until_it_ends(store: Store, venture: Venture) -> None:
    judge(store, venture, 10, 30)
    second = judge(store, venture, 20, 40, score=None, status=HealthStatus.critical)

    def in_force(now_us: int) -> list[object]:
        return [found.score or found.status for found in store.overrides.in_force(venture.venture_id, now_us)]

    assert [in_force(now) for now in (9, 10, 19, 20, 39, 40)] == [
        [],
        [90.0],
        [90.0],
        ["critical"],
        ["critical"],
        [],
    ]
    store.overrides.withdraw(venture.venture_id, second, by="lee", why="solved", now_us=25)
    assert [in_force(now) for now in (24, 25)] == [["critical"], []]
    assert store.overrides.of_customer(venture.venture_id, "c1")[0].override_id == second
    lines = store.audit.history(venture.venture_id, subject="override")
    assert [line.who for line in lines] == ["lee", "kim", "kim"]
    assert not any("c1" in repr(line) for line in lines)


@pytest.mark.parametrize(
    "wrong",
    [
        {"score": None},
        {"status": HealthStatus.healthy},
        {"score": 101.0},
        {"reason": "  "},
        {"score": float("nan")},
    ],
)
def test_a_judgement_without_sense_is_refused(
    store: Store, venture: Venture, wrong: dict[str, object]
) -> None:
    with pytest.raises(BadInput):
        judge(store, venture, 1, 2, **wrong)
    with pytest.raises(BadInput):
        judge(store, venture, 2, 2)


def test_the_latest_pulse_counts_until_it_expires(store: Store, venture: Venture) -> None:
    for given, value in ((10, 20.0), (20, 80.0)):
        store.pulses.add(
            venture.venture_id,
            "c1",
            value=value,
            reason="call",
            person="kim",
            now_us=given,
            until_us=given + 15,
        )
    found = [
        [pulse.value for pulse in store.pulses.in_force(venture.venture_id, now)] for now in (9, 10, 20, 35)
    ]
    assert found == [[], [20.0], [80.0], []]
    assert [pulse.value for pulse in store.pulses.of_customer(venture.venture_id, "c1")] == [80.0, 20.0]
    with pytest.raises(BadInput):
        store.pulses.add(
            venture.venture_id, "c1", value=-1, reason="call", person="kim", now_us=1, until_us=2
        )


def test_a_secret_comes_back_and_is_stored_sealed(store: Store, venture: Venture) -> None:
    store.secrets.put(venture.venture_id, "smtp", "hunter-two", by="kim", now_us=1)
    assert store.secrets.get(venture.venture_id, "smtp") == "hunter-two"
    assert store.secrets.names(venture.venture_id) == ["smtp"]
    with store._database.reading() as connection:
        sealed = connection.scalar(
            sa.select(secrets.c.sealed).where(secrets.c.venture_id == venture.venture_id)
        )
    assert sealed is not None and b"hunter" not in sealed
    assert "hunter" not in repr(store.audit.history(venture.venture_id))
    store.secrets.delete(venture.venture_id, "smtp", by="kim", now_us=2)
    with pytest.raises(NotFound):
        store.secrets.get(venture.venture_id, "smtp")


def test_a_secret_opens_only_with_its_key_and_in_its_place(
    store: Store, venture: Venture, stranger: Venture, tmp_path: Path
) -> None:
    store.secrets.put(venture.venture_id, "smtp", "hunter-two", by="kim", now_us=1)
    other_key = SecretRows(store._database, SecretKey(tmp_path, {}))
    with pytest.raises(Corrupt, match="cannot be opened"):
        other_key.get(venture.venture_id, "smtp")
    with store._database.writing() as connection:
        row = connection.execute(sa.select(secrets).where(secrets.c.venture_id == venture.venture_id)).one()
        connection.execute(sa.insert(secrets).values(**{**row._mapping, "venture_id": stranger.venture_id}))
    with pytest.raises(Corrupt):
        store.secrets.get(stranger.venture_id, "smtp")
