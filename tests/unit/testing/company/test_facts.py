"""What the facts look like, and that they agree with each other."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd
import pytest

COLUMNS = {
    "customers": (
        "customer_id created_at status name email plan arr currency industry owner renewal_date term onboarded_at "
        "cancel_requested_at churned_at timezone language phone primary_contact parent_id internal seats"
    ),
    "users": "user_id customer_id name email role created_at",
    "events": "event_id user_id customer_id event timestamp properties",
    "tickets": "ticket_id customer_id status created_at resolved_at priority subject category satisfaction",
    "revenue": "movement_id customer_id occurred_at kind monthly_amount",
    "answers": "answer_id survey customer_id user_id score answered_at comment",
}


@pytest.fixture(scope="module")
def frames(lived: Any) -> dict[str, pd.DataFrame]:
    """All facts as pandas frames, states included."""
    return {kind: lived.facts[kind].to_pandas() for kind in COLUMNS}


@pytest.fixture(scope="module")
def customers(lived: Any) -> pd.DataFrame:
    """The newest record of every customer."""
    frame: pd.DataFrame = lived.facts.latest()["customers"].to_pandas()
    return frame.set_index("customer_id")


@pytest.mark.parametrize("kind", COLUMNS)
def test_the_columns_are_those_of_the_file_door_and_seats(lived: Any, kind: str) -> None:
    assert lived.facts.for_files()[kind].column_names == COLUMNS[kind].split()


def test_times_in_records_are_iso_text_with_z(small: Any) -> None:
    assert all(
        row["timestamp"].endswith("Z") and row["timestamp"][10] == "T" for row in small.records("events")[:50]
    )


def test_every_status_occurs(customers: pd.DataFrame) -> None:
    assert set(customers.status) == {"trial", "active", "cancelling", "churned", "paused"}


def test_dates_agree_with_the_status(customers: pd.DataFrame) -> None:
    assert customers[customers.status == "churned"].churned_at.notna().all()
    assert customers[customers.status != "churned"].churned_at.isna().all()
    assert customers[customers.status == "cancelling"].cancel_requested_at.notna().all()
    requested = customers[customers.cancel_requested_at.notna() & customers.churned_at.notna()]
    assert (requested.churned_at >= requested.cancel_requested_at).all()


def test_the_ledger_ends_in_the_revenue_of_the_customers(
    frames: dict[str, Any], customers: pd.DataFrame
) -> None:
    sign = {"new": 1, "expansion": 1, "reactivation": 1, "contraction": -1, "churn": -1}
    revenue = frames["revenue"]
    left = (revenue.monthly_amount * revenue.kind.map(sign) * 100).round().groupby(revenue.customer_id).sum()
    here = customers[customers.status.isin(["active", "cancelling", "paused"]) & (customers.arr > 0)]
    assert (left.reindex(here.index) * 12).tolist() == pytest.approx((here.arr * 100).tolist())
    gone = left.drop(here.index)
    assert len(gone) > 50
    assert (gone == 0).all()


def test_a_trial_that_ends_unpaid_has_no_revenue(frames: dict[str, Any], customers: pd.DataFrame) -> None:
    ended = frames["events"].query("event == 'Trial Ended'")
    unpaid = ended[ended.properties == '{"converted": false}'].customer_id
    assert len(unpaid) > 30
    assert not set(unpaid) & set(frames["revenue"].customer_id)
    assert (customers.loc[unpaid].status == "churned").all()


def test_churn_is_told_apart_as_voluntary_and_involuntary(frames: dict[str, Any]) -> None:
    events = frames["events"]
    ended = events[events.event == "subscription_ended"]
    kinds = set(ended.properties)
    assert kinds == {'{"churn": "voluntary"}', '{"churn": "involuntary"}'}
    unpaid = ended[ended.properties == '{"churn": "involuntary"}'].customer_id
    failures = events[events.event == "payment_failed"].groupby("customer_id").size()
    assert (failures.reindex(unpaid) >= 4).all()


def test_people_act_only_while_their_company_is_a_customer(
    frames: dict[str, Any], customers: pd.DataFrame
) -> None:
    acts = frames["events"].dropna(subset=["user_id"])
    acts = acts[acts.event != "Account Removed User"]
    span = acts.groupby("customer_id").timestamp.agg(["min", "max"])
    row = customers.loc[span.index]
    assert (span["min"] >= row.created_at).all()
    left = row.churned_at.dropna()
    # in the past a step is a week long, since then a day
    recent = left[left >= "2026-01-01"]
    assert len(recent) > 20
    assert (span["max"].loc[recent.index].dt.floor("D") <= recent.dt.floor("D")).all()
    assert (span["max"].loc[left.index] <= left + pd.Timedelta(days=7)).all()


def test_nobody_acts_before_joining(frames: dict[str, Any]) -> None:
    first_act = frames["events"].dropna(subset=["user_id"]).groupby("user_id").timestamp.min()
    joined_at = frames["users"].groupby("user_id").created_at.first()
    assert (first_act >= joined_at.loc[first_act.index]).all()


def test_users_belong_to_the_customer_of_their_events(frames: dict[str, Any]) -> None:
    home = frames["users"].groupby("user_id").customer_id.first()
    acts = frames["events"].dropna(subset=["user_id"])
    assert (home.loc[acts.user_id].to_numpy() == acts.customer_id.to_numpy()).all()


def test_ticket_states_follow_one_another(frames: dict[str, Any]) -> None:
    courses = defaultdict(list)
    for row in frames["tickets"].itertuples():
        courses[row.ticket_id].append((row.changed_at, row.status, row.resolved_at))
    legal = {("open",), ("open", "pending"), ("open", "solved"), ("open", "pending", "solved")}
    legal |= {("open", "pending", "solved", "open"), ("open", "pending", "solved", "open", "solved")}
    assert {tuple(state[1] for state in course) for course in courses.values()} == legal
    for course in courses.values():
        assert course == sorted(course, key=lambda state: state[0])
        assert all((status == "solved") == pd.notna(resolved) for _, status, resolved in course)


def test_features_are_adopted_once(frames: dict[str, Any]) -> None:
    adopted = frames["events"].query("event == 'feature_adopted'")
    assert not adopted.duplicated(["customer_id", "properties"]).any()
    assert adopted.properties.nunique() == 10


def test_answers_stay_on_their_scales(frames: dict[str, Any]) -> None:
    scores = frames["answers"].groupby("survey").score.agg(["min", "max"])
    assert scores.loc["nps"].tolist() == [0, 10]
    assert scores.loc["csat", "min"] >= 1
    assert scores.loc["csat", "max"] == 5
    assert set(scores.index) == {"nps", "csat", "exit"}


def test_working_days_are_busier_than_weekends(frames: dict[str, Any]) -> None:
    recent = frames["events"][frames["events"].timestamp >= "2026-01-05"]
    by_day = recent.groupby(recent.timestamp.dt.weekday).size()
    assert by_day.loc[[5, 6]].mean() < 0.25 * by_day.loc[:4].mean()


def test_logins_follow_the_customers_own_clock(frames: dict[str, Any], customers: pd.DataFrame) -> None:
    logins = frames["events"][frames["events"].event.isin(["login", "Signed In"])]
    zone = customers.loc[logins.customer_id].timezone.to_numpy()
    for region in REGIONS_TO_CHECK:
        hours = logins.timestamp[zone == region].dt.tz_convert(region).dt.hour
        assert 8 <= hours.median() <= 10, region


REGIONS_TO_CHECK = ("America/Los_Angeles", "Europe/Berlin", "America/New_York")


def test_usage_is_heavy_tailed(frames: dict[str, Any]) -> None:
    counts = frames["events"].groupby("user_id").size().sort_values(ascending=False)
    assert counts.head(len(counts) // 10).sum() > 0.35 * counts.sum()


def test_mail_addresses_and_phones_can_belong_to_nobody(
    customers: pd.DataFrame, frames: dict[str, Any]
) -> None:
    mails = pd.concat([customers.email.dropna(), frames["users"].email, customers.owner])
    assert mails.str.endswith("@example.com").all()
    assert customers.phone.str.startswith("+1-555-01").all()
