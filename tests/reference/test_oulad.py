"""The OULAD workspace through the product's own commands: real people, real cancellations, an honest look back.

Data: Kuzilek, Hlosta, Zdrahal, Scientific Data 4, 170171 (2017), CC BY 4.0. Golden values: shared data, golden/
retention_definitions.json (pandas = SQL) and golden/survival.json (lifelines = scikit-survival = statsmodels).
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from tests.reference.test_survival_golden import MODULE_LENGTHS
from tests.reference.workspaces import EXAMPLES, Tenure, commands_in, workspace_of

from tenure.app.deployment import opened
from tenure.cli.base import parse_now
from tenure.stats.result import Answer
from tenure.stats.retention import cohort_retention

pytestmark = pytest.mark.xdist_group("oulad")  # one import serves all of them

AFTER = "2014-07-01"
RUNS = ("AAA-2013J", "BBB-2013B")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace_of("oulad", tmp_path_factory.mktemp("oulad"))


@pytest.fixture(scope="module")
def oulad(workspace: Path, shared: Path) -> Tenure:
    """Both runs, imported as of after they were over; the workspace's scorecard and core features published."""
    tenure = commands_in(workspace)
    done = tenure("import", shared / "data/oulad", "--now", AFTER)
    assert done["quarantined"] == 0
    assert (done["facts"]["customers"], done["facts"]["events"]) == (2_150, 584_248 + 12_889)
    assert tenure("apply", "--now", AFTER)["applied"]
    return tenure


@pytest.fixture(scope="module")
def registrations(shared: Path) -> dict[str, dict[str, str]]:
    with (shared / "data/oulad/customers.csv").open(encoding="utf-8") as file:
        return {row["customer_id"]: row for row in csv.DictReader(file)}


# --- what was imported ---


def test_all_565_cancellations_are_churn(oulad: Tenure) -> None:
    found = oulad("metrics", "survival", "--now", AFTER)
    assert found["opens"]["churned"] == 565
    assert found["result"]["involuntary"]["no_answer"] == "not_measured"


@pytest.fixture(scope="module")
def active_days(oulad: Tenure, workspace: Path) -> dict[str, dict[str, set[int]]]:
    """By run and student: days with a login, as the imported facts tell them."""
    found: dict[str, dict[str, set[int]]] = {run: defaultdict(set) for run in RUNS}
    with opened(workspace) as deployment, deployment.session.held():
        mapping = deployment.facts.mapping
        view = deployment.session.warehouse.full_view(parse_now(AFTER), mapping)
        named = view.customers().select("customer_key", "customer_id")
        days = view.activity(mapping.login_names).inner_join(named, "customer_key")
        for row in days.select("customer_id", "day").distinct().to_pyarrow().to_pylist():
            found[row["customer_id"][:9]][row["customer_id"]].add(row["day"])
    return found


@pytest.mark.parametrize("run", RUNS)
def test_classic_and_rolling_retention_of_the_imported_facts_equal_the_golden_counts(
    run: str, active_days: dict[str, dict[str, set[int]]], shared: Path
) -> None:
    golden = json.loads((shared / "data/golden/retention_definitions.json").read_text())[f"OULAD {run}"]
    students = active_days[run]
    assert len(students) == golden["students"]
    last_day = max(max(days) for days in students.values())
    for length in (1, 7, 14, 28, 60, 90, 180):
        eligible = {who: days for who, days in students.items() if min(days) + length <= last_day}
        active, final = [0] * 400, [0] * 400
        for days in eligible.values():
            final[max(days) - min(days)] += 1
            for day in days:
                active[day - min(days)] += 1
        cohort = cohort_retention(len(eligible), active, final, ended=400)
        classic, rolling = cohort.classic[length], cohort.rolling[length]
        assert isinstance(classic, Answer)
        assert isinstance(rolling, Answer)
        expected = golden[f"day{length}"]
        assert (classic.value.count, rolling.value.count) == (expected["classic"], expected["unbounded"])
        assert classic.value.total == expected["eligible"]


def test_survival_of_all_22_runs_imported_from_a_file_equals_the_golden_curve(shared: Path, tmp_path: Path) -> None:
    """Raw day offsets become dates: whoever stays began a run's length before now, whoever left is dated back from now."""
    golden = json.loads((shared / "data/golden/survival.json").read_text())["oulad"]
    tenure = commands_in(workspace_of("oulad", tmp_path))
    now = date(2026, 1, 1)
    _write_lives(shared / "data/oulad/registrations_all_runs.csv", tmp_path / "customers.csv", now)
    text = (EXAMPLES / "oulad/tenure.toml").read_text().split("[[source]]")[0]
    (tmp_path / "oulad/tenure.toml").write_text(text)
    done = tenure("import", tmp_path / "customers.csv", "--now", now.isoformat())
    assert done["facts"]["customers"] == golden["n"]
    found = tenure("metrics", "survival", "--by", "plan", "--now", now.isoformat())
    curve = found["result"]["curve"]
    assert found["opens"]["churned"] == golden["events"]
    for day, expected in golden["km"].items():
        assert _survival(curve, int(day)) == pytest.approx(expected, abs=1e-6)
    for one in found["segments"]:
        expected = golden["by_module_km_120"][one["segment"]]
        assert _survival(one["result"]["curve"], 120) == pytest.approx(expected, abs=1e-6)
    assert found["log_rank"]["statistic"] == pytest.approx(golden["logrank_module"]["chi2"], abs=1e-5)


def _write_lives(source: Path, target: Path, now: date) -> None:
    with source.open(encoding="utf-8") as file, target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["customer_id", "plan", "created_at", "churned_at", "status"])
        for place, row in enumerate(csv.DictReader(file)):
            length = MODULE_LENGTHS[f"{row['code_module']}-{row['code_presentation']}"]
            left = float(row["date_unregistration"]) if row["date_unregistration"] else None
            if left is None or left > length:
                life = [now - timedelta(days=length), "", "active"]
            elif left > 0:
                life = [now - timedelta(days=int(left) + 1), now - timedelta(days=1), "churned"]
            else:
                continue
            writer.writerow([place, row["code_module"], *life])


def _survival(curve: dict[str, Any], day: int) -> float:
    """The curve at a day: that of the last step until then."""
    return next((point["survival"] for point in reversed(curve["points"]) if point["duration_days"] <= day), 1.0)


# --- does the score say anything ---

LOOK = ("--every", 70, "--within", 28, "--from", "2013-02-15", "--to", "2013-07-05", "--by", "saved", "--segment", "running")
DATES = (date(2013, 2, 15), date(2013, 4, 26), date(2013, 7, 5))


@pytest.fixture(scope="module")
def default_look(oulad: Tenure) -> dict[str, Any]:
    found: dict[str, Any] = oulad("backtest", *LOOK, "--now", AFTER)
    return found


def test_auc_and_precision_of_the_look_back_equal_scikit_learn_on_scores_listed_in_the_past(
    oulad: Tenure, default_look: dict[str, Any], registrations: dict[str, dict[str, str]]
) -> None:
    """Everything again by hand: `tenure health --now`, the cancellation dates of the raw file, scikit-learn."""
    risks, left = [], []
    for day in DATES:
        for row in oulad("health", "--now", day.isoformat()):
            registered = registrations[row["customer_id"]]
            if _is_running(registered, day):
                risks.append(-row["score"])
                left.append(_leaves_within_28_days(registered, day))
    everybody = default_look["everybody"]
    assert (everybody["scores"], everybody["scores_before_leaving"]) == (len(left), sum(left))
    assert everybody["auc"]["value"] == pytest.approx(roc_auc_score(left, risks), abs=1e-6)
    assert everybody["average_precision"]["value"] == pytest.approx(average_precision_score(left, risks), abs=1e-6)


def _is_running(row: dict[str, str], day: date) -> bool:
    """The segment `running` of the workspace, from the raw row."""
    ends, starts = date.fromisoformat(row["ends_on"]), date.fromisoformat(row["starts_on"])
    return starts <= day <= ends - timedelta(days=28)


def _leaves_within_28_days(row: dict[str, str], day: date) -> bool:
    return bool(row["cancelled_on"]) and day <= date.fromisoformat(row["cancelled_on"]) < day + timedelta(days=28)


def test_the_default_score_tells_a_little_and_a_plain_activity_score_about_what_is_published(
    oulad: Tenure, default_look: dict[str, Any], workspace: Path
) -> None:
    """README of the data: honest AUC is 0.63-0.75, a no-training score reaches about 0.67-0.70. Nothing was fitted."""
    plain = oulad("backtest", *LOOK, "--now", AFTER, "--scorecard", workspace / "other-scorecards/plain.yaml")
    for found in (default_look, plain):
        everybody = found["everybody"]
        assert 0.60 < everybody["auc"]["value"] < 0.80
        assert everybody["auc"]["interval"]["low"] > 0.5
        assert everybody["lift_worst_tenth"]["value"] > 1
    assert plain["scorecards"][0].startswith("plain@0")


def test_the_look_back_says_what_it_rests_on(default_look: dict[str, Any]) -> None:
    assert [one["at"][:10] for one in default_look["dates"]] == [day.isoformat() for day in DATES]
    bands = default_look["bands"]
    assert sum(one["left"] + one["stayed"] for one in bands) == default_look["everybody"]["scores"]
    assert any("draw whole customers" in note for note in default_look["notes"])
    critical = next(one for one in default_look["everybody"]["borders"] if one["border"] == "critical")
    assert critical["called_and_left"] + critical["missed"] == default_look["everybody"]["scores_before_leaving"]


# --- the past from inside and from afterwards ---

SLICES = tuple(date(2013, 2, 1) + timedelta(days=14 * i) for i in range(5))
EARLY, LATE = SLICES[1], SLICES[3]
MOVED_UNTIL = SLICES[2]

Seen = dict[date, dict[str, dict[str, Any]]]
"""By day, the listed customers by id."""


@pytest.fixture(scope="module")
def sample(registrations: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Every eighth registration of the earlier run."""
    of_run = sorted(who for who in registrations if who.startswith("BBB-2013B"))
    return {who: registrations[who] for who in of_run[::8]}


@pytest.fixture(scope="module")
def moved(sample: dict[str, dict[str, str]]) -> set[str]:
    """Twelve of them, whose row said another plan until later: invented, because nothing in the data ever changes."""
    return set(list(sample)[:12])


@pytest.fixture(scope="module")
def lived_through(
    sample: dict[str, dict[str, str]], moved: set[str], shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Tenure, dict[date, int]]:
    """Imported in slices of 14 days, each late on its own last day: nobody knew more than the files of that day.

    Also the batch each slice became.
    """
    folder = tmp_path_factory.mktemp("slices")
    tenure = commands_in(workspace_of("oulad", folder))
    for since, until in zip((date(2012, 1, 1), *SLICES), SLICES, strict=False):
        part = _write_slice(folder / until.isoformat(), sample, shared, since, until, moved if until < MOVED_UNTIL else set())
        tenure("import", part, "--now", f"{until - timedelta(days=1)}T23:00")
    return tenure, {until: place for place, until in enumerate(SLICES, 1)}


@pytest.fixture(scope="module")
def looked_back(
    sample: dict[str, dict[str, str]], shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Tenure:
    """The same facts imported at once, long afterwards, with every cancellation of the whole run."""
    folder = tmp_path_factory.mktemp("at_once")
    tenure = commands_in(workspace_of("oulad", folder))
    part = _write_slice(folder / "all", sample, shared, date(2012, 1, 1), date(2014, 7, 1), set())
    tenure("import", part, "--now", AFTER)
    return tenure


def _write_slice(
    folder: Path, sample: dict[str, dict[str, str]], shared: Path, since: date, until: date, moved: set[str]
) -> Path:
    """The files as they stood at `until`: all registrations so far, and what was new since the last time."""
    import duckdb

    folder.mkdir()
    rows = [row for row in sample.values() if (row["registered_on"] or row["starts_on"]) < until.isoformat()]
    with (folder / "customers.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            known = row["cancelled_on"] if row["cancelled_on"] < until.isoformat() else ""
            product = "BBB-2013B-preview" if row["customer_id"] in moved else row["product"]
            writer.writerow({**row, "cancelled_on": known, "product": product})
    wanted = ", ".join(f"'{who}'" for who in sample)
    for name, when in (("events.parquet", "date"), ("submissions.csv", "submitted_on")):
        duckdb.sql(
            f"COPY (SELECT * FROM '{shared}/data/oulad/{name}' WHERE customer_id IN ({wanted}) "
            f"AND {when} >= DATE '{since}' AND {when} < DATE '{until}') TO '{folder / name}'"
        )
    return folder


@pytest.fixture(scope="module")
def then(lived_through: tuple[Tenure, dict[date, int]]) -> Seen:
    """Scores of two days as they were computed on those days."""
    tenure, batches = lived_through
    return {day: _listed(tenure("health", "--now", day.isoformat(), "--known", batches[day])) for day in (EARLY, LATE)}


@pytest.fixture(scope="module")
def afterwards(looked_back: Tenure) -> Seen:
    """Scores of the same days, computed long afterwards."""
    return {day: _listed(looked_back("health", "--now", day.isoformat())) for day in (EARLY, LATE)}


def _listed(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["customer_id"]: row for row in rows}


def _scores(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {who: [row[name] for name in ("score", "status", "components", "coverage")] for who, row in rows.items()}


@pytest.mark.parametrize("day", [EARLY, LATE])
def test_scores_of_a_past_day_are_the_same_from_inside_and_from_afterwards(
    day: date, then: Seen, afterwards: Seen
) -> None:
    """Nothing of the future is in a score of the past: not a later event, not a cancellation that had not happened."""
    assert len(then[day]) > 100
    assert _scores(then[day]) == _scores(afterwards[day])


def test_only_what_was_stated_differently_later_differs_from_inside_and_from_afterwards(
    then: Seen, afterwards: Seen, moved: set[str]
) -> None:
    """A statement is used backwards where none is older: the plan a customer got later stands for its past too.

    Only a field without a date of its own can do that (plan, owner, traits); a cancellation carries its date.
    """
    differing = {who for who, row in then[EARLY].items() if row["plan"] != afterwards[EARLY][who]["plan"]}
    assert differing == moved & then[EARLY].keys()
    assert differing
    assert all(row["plan"] == afterwards[LATE][who]["plan"] for who, row in then[LATE].items())


def test_a_cancellation_is_not_known_before_it_happened(then: Seen, sample: dict[str, dict[str, str]]) -> None:
    between = {who for who, row in sample.items() if EARLY.isoformat() <= row["cancelled_on"] < LATE.isoformat()}
    assert between & then[EARLY].keys()
    assert not between & then[LATE].keys()


def test_the_look_back_with_known_equals_the_look_back_over_the_whole_import(
    lived_through: tuple[Tenure, dict[date, int]], looked_back: Tenure
) -> None:
    """Dates are the slices' own: with --known each is scored from the batches drained by then."""
    inside, batches = lived_through
    dates = ("--every", 28, "--within", 14, "--from", EARLY.isoformat(), "--to", LATE.isoformat())
    with_known = inside("backtest", *dates, "--known", "--now", SLICES[-1].isoformat())
    whole = looked_back("backtest", *dates, "--now", AFTER)
    assert [one["known_batch"] for one in with_known["dates"]] == [batches[EARLY], batches[LATE]]
    assert with_known["everybody"] == whole["everybody"]
    assert with_known["bands"] == whole["bands"]
