"""What customers use and say: adoption of features, and the words of tickets and comments with the revenue behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis

from tenure.model.readings import Voice
from tenure.ports.product import FeatureUse, ProductUse
from tenure.warehouse.metrics.members import Population, how_many, rows

LEFT = "churned"
TICKET = "ticket"


def feature_use(population: Population, since_us: int, most: int, behind: int) -> ProductUse:
    """Adoption among customers who have not left."""
    here = (
        population.everybody()
        .filter(lambda one: one.status != LEFT)
        .select("customer_key", "customer_id", "arr_cents")
    )
    used = population.view.features().inner_join(here, "customer_key")
    counted = used.group_by("feature").agg(
        adopted=used.customer_key.nunique(),
        lately=how_many(used.last_us >= since_us),
        uses=used.n.sum(),
        arr=used.arr_cents.sum().cast("int64"),
    )
    found = rows(counted.order_by([ibis.desc("adopted"), ibis.desc("uses"), "feature"]).limit(most))
    first = ibis.window(group_by=used.feature, order_by=[ibis.coalesce(used.arr_cents, 0).desc(), used.customer_id])
    placed = used.filter(used.feature.isin([row["feature"] for row in found])).mutate(place=ibis.row_number().over(first))
    ids: dict[str, list[str]] = {}
    for row in rows(
        placed.filter(placed.place < behind)
        .select("feature", "customer_id", "place")
        .order_by(["feature", "place"])
    ):
        ids.setdefault(row["feature"], []).append(row["customer_id"])
    features = tuple(
        FeatureUse(
            feature=row["feature"], adopted=int(row["adopted"]), lately=int(row["lately"]), uses=int(row["uses"] or 0),
            arr_cents=None if row["arr"] is None else int(row["arr"]), customer_ids=tuple(ids.get(row["feature"], ())),
        )
        for row in found
    )  # fmt: skip
    return ProductUse(customers=int(here.count().to_pyarrow().as_py()), features=features)


def voices(population: Population, since_us: int) -> Sequence[tuple[Voice, str]]:
    """Comments and ticket subjects since a time, oldest first."""
    known = population.everybody().select("customer_key", "customer_id", "arr_cents")
    answers = population.view.answers()
    said = answers.filter((answers.answered_us >= since_us) & answers.comment.notnull()).inner_join(
        known, "customer_key"
    )
    comments = rows(
        said.select("customer_id", "arr_cents", "survey", "score", at_us=said.answered_us, text=said.comment)
    )
    tickets = population.view.tickets()
    asked = tickets.filter((tickets.created_us >= since_us) & tickets.subject.notnull()).inner_join(
        known, "customer_key"
    )
    subjects = rows(
        asked.select("customer_id", "arr_cents", "category", at_us=asked.created_us, text=asked.subject)
    )
    found = [(_voice(row, row["survey"], row["score"]), "") for row in comments]
    found += [(_voice(row, TICKET, None), row["category"] or "") for row in subjects]
    return sorted(found, key=lambda one: (one[0].occurred_us, one[0].customer_id, one[0].source, one[0].text))


def _voice(row: Mapping[str, object], source: str, score: float | None) -> Voice:
    arr = row["arr_cents"]
    return Voice(
        customer_id=str(row["customer_id"]), text=str(row["text"]), occurred_us=int(str(row["at_us"])), source=source,
        arr_cents=None if arr is None else int(str(arr)), score=score,
        key=f"{source}:{row['customer_id']}:{row['at_us']}",
    )  # fmt: skip


def names(population: Population, customer_ids: Sequence[str]) -> Mapping[str, str]:
    """Names, of those customers who have one."""
    customers = population.view.customers()
    wanted = customers.filter(customers.customer_id.isin(list(customer_ids)) & customers.name.notnull())
    return (
        {row["customer_id"]: row["name"] for row in rows(wanted.select("customer_id", "name"))}
        if customer_ids
        else {}
    )
