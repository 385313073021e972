"""What playbooks achieved against their holdout, what did not work and should change, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tenure.clock import DAY_US
from tenure.model.decisions import Decision, DecisionState
from tenure.model.papers import Figure, Section
from tenure.ports.crew import Finding
from tenure.ports.effect import EnteredCustomer
from tenure.rules.effect.verdict import Standing, verdict_of
from tenure.rules.effect.wording import campaign_lines
from tenure.rules.quotes import quoted
from tenure.rules.wording import plain
from tenure.services.effect import CampaignReport, EffectReport
from tenure.services.papers.writing import Writing, counted

GOOD = {Standing.worked: True, Standing.missed: False, Standing.failed: False, Standing.unknown: None}


def playbooks_section(report: EffectReport, entered: Sequence[EnteredCustomer], writing: Writing) -> Section:
    """Each playbook's version against the customers it left alone."""
    behind = _customers_of(report, entered)
    figures = tuple(_campaign(one, report, behind, writing) for one in report.campaigns)
    return Section(
        key="playbooks", title="What each playbook achieved", figures=figures,
        intro=f"Customers who entered in the last {report.days} days, against those held out by chance. Intervals hold however often one looks.",
        nothing="" if figures else f"Nobody entered a playbook in the last {report.days} days.",
    )  # fmt: skip


CustomersOf = Mapping[tuple[str, int], tuple[str, ...]]
"""Who entered each playbook's version."""


def _customers_of(report: EffectReport, entered: Sequence[EnteredCustomer]) -> CustomersOf:
    """Of the report's days, each customer once."""
    since_us, found = report.as_of_us - report.days * DAY_US, dict[tuple[str, int], dict[str, None]]()
    for one in entered:
        if one.entered_us >= since_us:
            found.setdefault((one.playbook, one.version), {})[one.customer_id] = None
    return {key: tuple(ids) for key, ids in found.items()}


def _campaign(one: CampaignReport, report: EffectReport, behind: CustomersOf, writing: Writing) -> Figure:
    effect, verdict = one.effect, verdict_of(one.effect)
    ids = behind.get((effect.playbook, effect.version), ())
    return Figure(
        key=f"playbooks/{effect.playbook}-{effect.version}", label=f"{one.title} (version {effect.version})", text=verdict.standing.value,
        note=verdict.why, lines=tuple(campaign_lines(effect, report.currency)), is_good=GOOD[verdict.standing],
        query=writing.at(f"tenure effect {effect.playbook} --days {report.days}"), customers=writing.who(ids), total=len(ids),
    )  # fmt: skip


def lessons_section(report: EffectReport, entered: Sequence[EnteredCustomer], writing: Writing) -> Section:
    """What did not work, and what to change; what worked is to be kept."""
    figures, behind = [], _customers_of(report, entered)
    for one in report.campaigns:
        verdict, ids = verdict_of(one.effect), behind.get((one.effect.playbook, one.effect.version), ())
        if verdict.standing is Standing.unknown and one.winner is None:
            continue
        won = f"Variant {one.winner} of the step {one.step} is answered better: use it for everybody." if one.winner else ""
        figures.append(
            Figure(
                key=f"lessons/{one.effect.playbook}-{one.effect.version}", label=f"{one.title} (version {one.effect.version})",
                text=verdict.standing.value, note=verdict.why, is_good=GOOD[verdict.standing],
                lines=tuple(("change", said) for said in (verdict.change, won) if said),
                query=writing.at(f"tenure effect {one.effect.playbook} --days {report.days}"), customers=writing.who(ids), total=len(ids),
            )
        )  # fmt: skip
    order = {False: 0, None: 1, True: 2}
    return Section(
        key="lessons", title="What worked, what did not, and what to change", figures=tuple(sorted(figures, key=lambda one: order[one.is_good])),
        nothing="" if figures else "No playbook has enough customers yet to say whether it works; change nothing before one has.",
    )  # fmt: skip


def decisions_section(decisions: Iterable[Decision], members: Iterable[Decision], writing: Writing) -> Section:
    """What waits for a person, nearest deadline first.

    Args:
        members: decisions joined into one of these; its customers are theirs.
    """
    joined: dict[int | None, list[str]] = {}
    for one in members:
        if one.customer_id:
            joined.setdefault(one.parent_id, []).append(one.customer_id)
    waiting = [one for one in decisions if one.state is DecisionState.open]
    figures = []
    for one in sorted(waiting, key=lambda decision: (decision.deadline_us, decision.decision_id)):
        ids = (one.customer_id,) if one.customer_id else tuple(joined.get(one.decision_id, ()))
        blast = f"{counted(one.blast.people, 'person', 'people')}, {writing.money(one.blast.revenue_cents)} a year"
        figures.append(
            Figure(
                key=f"decisions/{one.decision_id}", label=one.title, text=f"until {writing.day(one.deadline_us)}",
                note=f"{plain(one.kind.value)}; asks the {one.rung.value}; {blast}",
                lines=(("recommended", plain(one.recommendation)), ("may be answered", ", ".join(plain(option) for option in one.options))),
                query=f"tenure decisions show {one.decision_id}", is_good=False if one.deadline_us < writing.now_us else None,
                customers=writing.who(ids), total=len(ids),
            )
        )  # fmt: skip
    return Section(
        key="decisions",
        title="Open decisions",
        figures=tuple(figures),
        nothing="" if figures else "Nothing waits for a decision.",
    )


def findings_section(findings: Sequence[Finding], writing: Writing) -> Section:
    """What RETENTION-002 and -003 found, and which roadmap and pricing decisions were taken; newest first."""
    figures = tuple(
        _finding(one, writing) for one in sorted(findings, key=lambda one: (-one.written_us, one.key))
    )
    return Section(
        key="findings", title="Findings and redirections", figures=figures,
        intro="What the triggers about retention and NPS found, and what the chairman decided about roadmap and prices.",
        nothing="" if figures else "No trigger has written a finding yet, and nobody decided about roadmap or prices.",
    )  # fmt: skip


def _finding(one: Finding, writing: Writing) -> Figure:
    written = writing.day(one.written_us)
    groups, approved = one.details.get("groups"), one.details.get("approved_by")
    lines = (
        [_group_line(found, writing) for found in groups if isinstance(found, Mapping)]
        if isinstance(groups, list | tuple)
        else []
    )
    lines += [("decided by", str(approved))] if approved else []
    lines += [("note", quoted(str(one.details["note"])))] if one.details.get("note") else []
    quotes = [
        quoted(str(said))
        for found in (groups if isinstance(groups, list | tuple) else ())
        if isinstance(found, Mapping) and isinstance(found.get("quotes"), list | tuple)
        for said in found["quotes"][:1]
    ]
    key = f"findings/{one.key}"
    return Figure(
        key=key,
        label=one.title,
        text=written,
        note=one.section,
        lines=tuple(lines),
        quotes=tuple(quotes),
        query=writing.opens(key),
    )


def _group_line(found: Mapping[str, object], writing: Writing) -> tuple[str, str]:
    """A ReasonGroup as it is kept in a finding."""
    cents = found.get("arr_cents")
    money = writing.money(cents if isinstance(cents, int) else None)
    return str(
        found.get("reason", "")
    ), f"{found.get('count', 0)} voices, {found.get('customers', 0)} customers, {money} a year"
