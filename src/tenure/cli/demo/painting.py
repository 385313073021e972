"""The summary for a person at a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.rules.wording import money, plain

ANSWERS = {"clicked": "clicks", "replied": "replies by mail", "ticket_reply": "replies in tickets", "survey_answered": "survey answers", "call_reached": "by phone"}
FEW_HELD_OUT = 30
NUMBERS = ("score", "ARR", "customers", "held out", "messages", "calls", "answers")


def paint(console: Console, summary: dict[str, Any]) -> None:
    """From the company to what waits for a person."""
    facts, loop = summary["facts"], summary["loop"]
    console.print(f"\n[bold]Northwind Software[/], simulated, as of {summary['as_of'][:10]}")
    console.print(
        f"{facts['customers']:,} customers, {facts['users']:,} users, {facts['events']:,} events, {facts['tickets']:,} tickets and "
        f"{facts['revenue']:,} revenue movements came in by file and over HTTP; {summary['quarantine']:,} broken rows wait in quarantine.\n"
    )
    for line in summary["lines"]:
        console.print(line)
    console.print("\n[bold]Who needs you now[/]")
    _table(console, ("customer", "score", "ARR", "why"), [(row["name"], row["score"], row["arr"], row["why"]) for row in summary["attention"]])
    _helped(console, loop, summary["mail"])
    _effect(console, loop["effect"])
    _paused(console, loop)
    _waiting(console, loop)
    workspace = summary["workspace"]
    console.print(f"\nReport page:  {summary['report']}")
    console.print("[bold]Look further[/]")
    for command in ("decisions list", "incidents list", "touches", "executions", "playbooks list", "health"):
        console.print(f"  .venv/bin/tenure {command} --workspace {workspace}")
    console.print(f"[dim]{summary['seconds']} seconds from start to summary.[/]")


def _table(console: Console, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in NUMBERS else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    console.print(table)


def _helped(console: Console, loop: dict[str, Any], mail: dict[str, Any]) -> None:
    helped, cost = loop["helped"], loop["cost"]
    console.print(f"\n[bold]Who was helped[/] since {(loop['live_since'] or '')[:10]}")
    said = ", ".join(f"{count} {ANSWERS.get(kind, plain(kind))}" for kind, count in helped["answers_by_kind"].items()) or "none"
    refused = f" ({mail['refused']:,} more were refused: no such mailbox)" if mail["refused"] else ""
    console.print(
        f"{helped['customers']:,} customers: {helped['messages']:,} messages left over SMTP{refused}, "
        f"{helped['calls']:,} calls, {helped['calls_reached']:,} reached. They answered {helped['answers']:,} times: {said}."
    )
    rows = [(one["playbook"], one["customers"], one["held_out"], one["messages"], one["calls"], one["answers"]) for one in helped["playbooks"]]
    _table(console, ("playbook", "customers", "held out", "messages", "calls", "answers"), rows)
    held_back = ", ".join(f"{count} {plain(why)}" for why, count in list(loop["held_back"].items())[:5])
    console.print(f"Held back: {held_back or 'nothing'}.")
    console.print(
        f"It cost {money(cost['total_cents'], cost['currency'])}: {cost['minutes']:,} minutes of people "
        f"({money(cost['people_cents'], cost['currency'])}) and messages ({money(cost['messages_cents'], cost['currency'])})."
    )


def _effect(console: Console, lines: list[dict[str, Any]]) -> None:
    console.print("\n[bold]Beside the holdout[/]")
    rows = [(one["playbook"], _shares(one["treated"]), _shares(one["held_out"])) for one in lines]
    _table(console, ("playbook", "helped, now", "held out, now"), rows)
    console.print(holdout_says([one["treated"] for one in lines], [one["held_out"] for one in lines]))


def holdout_says(treated: Sequence[Mapping[str, int]], held_out: Sequence[Mapping[str, int]]) -> str:
    """Both sides in one sentence, and what may be read from it."""
    helped, beside = _healthy(treated), _healthy(held_out)
    if not held_out or beside[1] == 0:
        return "Nobody is held out yet, so nothing can be said of what help changed."
    said = f"Healthy now: {helped[0]} of {helped[1]} helped, {beside[0]} of {beside[1]} held out."
    if beside[1] < FEW_HELD_OUT:
        return f"{said} So few held out cannot tell help from chance yet; `tenure effect` follows it with intervals."
    return f"{said} `tenure effect` has the difference with its interval."


def _healthy(sides: Sequence[Mapping[str, int]]) -> tuple[int, int]:
    return sum(one.get("healthy", 0) for one in sides), sum(one["customers"] for one in sides)


def _shares(counts: dict[str, int]) -> str:
    parts = [f"{count} {plain(name)}" for name, count in counts.items() if name != "customers"]
    return f"{counts['customers']}: {', '.join(parts)}" if parts else "nobody yet"


def _paused(console: Console, loop: dict[str, Any]) -> None:
    console.print("\n[bold]What was paused, and why[/]")
    if not loop["incidents"]:
        console.print("Nothing.")
    for one in loop["incidents"]:
        console.print(f"{one['opened_at'][:16]}  {escape(one['title'].rstrip('.'))}. Paused: {plain(one['scope'])}. Now {plain(one['state'])}.")
        for step in one["steps"]:
            if step["note"] and step["state"] in ("cause_written", "fix_written", "small_cohort", "resumed"):
                console.print(f"  {step['at'][:16]}  {plain(step['state'])}, {escape(step['by'])}: {escape(step['note'])}")


def _waiting(console: Console, loop: dict[str, Any]) -> None:
    waiting, alerts = loop["decisions"], loop["alerts"]
    console.print(f"\n[bold]Decisions that wait[/] ({len(waiting)}; {loop['decisions_answered']} are over)")
    rows = [(one["id"], one["title"], one["rung"], one["deadline_at"][:16], ", ".join(plain(each) for each in one["options"])) for one in waiting[:8]]
    if rows:
        _table(console, ("no.", "decision", "with", "until", "may be answered"), rows)
    console.print(f"Alerts: {alerts['raised']} raised, {alerts['acknowledged']} acknowledged.")
