"""What every command shares: the workspace, the time, how results and errors are shown."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from tenure.cli.plain import plain
from tenure.clock import SystemClock, to_us
from tenure.errors import BadInput
from tenure.parameters.permissions import ROLES, Actor
from tenure.settings import find_workspace

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", help="The workspace folder (default: TENURE_WORKSPACE, else here).", show_default=False),
]
NowOption = Annotated[
    str | None,
    typer.Option("--now", metavar="ISO", help="The time to work at, ISO 8601, UTC unless it says otherwise (default: the present).", show_default=False),
]
KnownOption = Annotated[
    int | None,
    typer.Option("--known", metavar="BATCH", help="Only what had arrived up to this batch (default: everything).", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Exactly one JSON document on standard output.")]
VentureOption = Annotated[
    str | None,
    typer.Option("--venture", help="The venture's key, when the workspace serves several.", show_default=False),
]


ByOption = Annotated[str, typer.Option("--by", help="Who does this: a name for the record.")]


class Screen:
    """Where results go: tables on standard output for people, one JSON document for programs."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.out = Console(stderr=as_json, highlight=False, soft_wrap=not sys.stdout.isatty())
        self.err = Console(stderr=True, highlight=False)

    def document(self, value: Any) -> None:
        """Print the one JSON document of this command."""
        sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2, sort_keys=False) + "\n")
        sys.stdout.flush()

    def show(self, value: Any, paint: Callable[[Console], None]) -> None:
        """The JSON document, or what `paint` draws."""
        if self.as_json:
            self.document(value)
        else:
            paint(self.out)

    def say(self, text: str) -> None:
        """A line for a person; never part of the JSON document."""
        self.out.print(text)

    @contextmanager
    def progress(self, what: str, in_lines: bool = False) -> Iterator[Callable[[int, int | None], None]]:
        """A progress bar on standard error; call it with (done, total).

        `in_lines`: where standard error is no terminal (a log, CI) each step is a line of its own, else nothing is said there.
        """
        if in_lines and not self.err.is_terminal:

            def say_step(done: int, total: int | None = None) -> None:
                self.err.print(f"{what}: {done:,}" + (f" of {total:,}" if total else ""))

            yield say_step
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.err, transient=True, disable=not self.err.is_terminal) as bar:
            task = bar.add_task(what, total=None)

            def step(done: int, total: int | None = None) -> None:
                bar.update(task, completed=done, total=total)

            yield step


def parse_now(text: str | None) -> int:
    """The time a command works at, in us: the ISO text given (naive means UTC), else the present."""
    return SystemClock().now_us() if text is None else parse_time("--now", text)


def parse_time(option: str, text: str) -> int:
    """The time an option names, in us; naive means UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option} {text!r} is not a time.", "Use ISO 8601 such as 2026-03-01 or 2026-03-01T02:00:00Z.") from None
    return to_us(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def parse_time_or_none(option: str, text: str | None) -> int | None:
    """The same of an option that may be left out."""
    return None if text is None else parse_time(option, text)


def acting(role: str) -> Actor:
    """Who says so; raises BadInput for a role there is not."""
    if role not in ROLES:
        raise BadInput(f"There is no role {role!r}.", f"Use one of: {', '.join(ROLES)}.")
    return Actor(role)


def lists_alone(group: typer.Typer, lists: Callable[[Path | None, str | None, bool], None], says: str) -> None:
    """A group of commands that lists when it is called without one; `says` is its help."""

    def bare(context: typer.Context, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
        if context.invoked_subcommand is None:
            lists(workspace, venture, json)

    group.callback(invoke_without_command=True, help=says)(bare)


def confirm(question: str, otherwise: str) -> None:
    """Ask before what cannot be undone; raises BadInput saying `otherwise` where nobody can be asked."""
    if not on_terminal():
        raise BadInput(otherwise, "Add --yes to confirm.")
    typer.confirm(question, abort=True, err=True)


def on_terminal() -> bool:
    """Whether a person sits in front of this: both ends are terminals and it is not CI."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("CI") != "true"


@contextmanager
def opened(workspace: Path | None, venture: str | None = None) -> Iterator[Deployment]:
    """The workspace named (or found), opened for the block."""
    from tenure.app.deployment import opened as open_deployment

    with open_deployment(find_workspace(workspace), venture) as deployment:
        yield deployment
