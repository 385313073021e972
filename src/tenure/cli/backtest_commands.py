"""`tenure backtest`: did the score of back then tell who left?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.cli.base import (
    JsonOption,
    NowOption,
    Screen,
    VentureOption,
    WorkspaceOption,
    opened,
    parse_now,
    parse_time_or_none,
)
from tenure.cli.figures import figure
from tenure.errors import BadInput

BAR_WIDTH = 30
_BORDERS = {"at_risk": "below healthy", "critical": "critical"}


def add_to(app: typer.Typer) -> None:
    app.command("backtest")(backtest)


def backtest(
    every: Annotated[int, typer.Option("--every", metavar="DAYS", min=1, help="Days between the dates scored.")] = 14,
    within: Annotated[int, typer.Option("--within", metavar="DAYS", min=1, help="Leaving counts within so many days.")] = 28,
    since: Annotated[str | None, typer.Option("--from", metavar="ISO", help="First date (default: a year back).", show_default=False)] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="ISO", help="Last date (default: the last whose window is over).", show_default=False)] = None,
    known: Annotated[bool, typer.Option("--known", help="Score with what had arrived by each date, not with what came later.")] = False,
    by: Annotated[str | None, typer.Option("--by", help="Split by plan, stage, owner, industry, size or saved segments.")] = None,
    segment: Annotated[str | None, typer.Option("--segment", help="Only this segment of --by.")] = None,
    scorecard: Annotated[Path | None, typer.Option("--scorecard", metavar="FILE", help="Look at this scorecard, without publishing it.")] = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Score the past date by date, then look who left: does the score tell, and how early?"""
    screen = Screen(json)
    args = {
        "now_us": parse_now(now), "every_days": every, "within_days": within, "as_known": known, "by": by, "segment": segment,
        "from_us": parse_time_or_none("--from", since), "to_us": parse_time_or_none("--to", until),
        "scorecard": None if scorecard is None else _read(scorecard),
    }  # fmt: skip
    with opened(workspace, venture) as deployment, screen.progress("Looking back") as step:

        def report(share: float, text: str) -> None:
            step(round(share * 100), 100)

        document = deployment.jobs.run("backtest", args, report)
    screen.show(document, lambda console: _paint(console, document))


def _read(path: Path) -> dict[str, str]:
    try:
        return {"file": path.name, "text": path.read_text(encoding="utf-8-sig")}
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"The scorecard {path} cannot be read.", "Name a YAML file of a scorecard.") from None


def _paint(console: Console, document: Mapping[str, Any]) -> None:
    dates = document["dates"]
    console.print(
        f"[bold]Who left within {document['within_days']} days?[/] Scorecard {', '.join(document['scorecards'])}, "
        f"{len(dates)} dates from {dates[0]['at'][:10]} to {dates[-1]['at'][:10]}, {document['every_days']} days apart."
    )
    everybody = document["everybody"]
    if everybody is None:
        console.print("Nobody was scored on these dates. Name others with --from and --to.")
        return
    _paint_prediction(console, everybody)
    _paint_borders(console, everybody["borders"])
    _paint_warnings(console, document["warnings"])
    _paint_bands(console, document["bands"])
    _paint_calibration(console, document["calibration"])
    _paint_segments(console, document)
    for note in document["notes"]:
        console.print(f"[dim]{escape(note)}[/]")


def _paint_prediction(console: Console, found: Mapping[str, Any]) -> None:
    console.print(
        f"{found['customers']:,} customers, {found['customers_left']:,} of them left "
        f"({found['customers_left_involuntary']:,} involuntarily); {found['scores']:,} scores.\n"
    )
    rows = (
        ("AUC", found["auc"], "0.5 is chance, 1 is perfect"),
        ("average precision", found["average_precision"], "the base rate is chance"),
        ("lift of the worst tenth", found["lift_worst_tenth"], "1 is chance"),
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    for label, value, hint in rows:
        table.add_row(label, _measured(value), f"[dim]{hint}[/]")
    table.add_row("base rate", figure("base_rate", found["base_rate"]) or "", "")
    console.print(table)


def _measured(value: Mapping[str, Any]) -> str:
    if "no_answer" in value:
        return f"[dim]no answer: {escape(str(value['sentence']))}[/]"
    interval = value["interval"]
    return f"[bold]{value['value']:.3f}[/] [dim]({interval['low']:.3f} to {interval['high']:.3f})[/]"


def _paint_borders(console: Console, borders: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("called", "of those called left", "of those who left called", "of those who stayed called"):
        table.add_column(column)
    for border in borders:
        rates = [figure(name, border[name]) or "" for name in ("precision", "recall", "false_alarms")]
        table.add_row(f"{_BORDERS[border['border']]} (< {border['below']:g})", *rates)
    console.print()
    console.print(table)


def _paint_warnings(console: Console, warnings: list[dict[str, Any]]) -> None:
    console.print("\nwarning before leaving")
    for one in warnings:
        median = one["median_days"]
        days = "" if isinstance(median, Mapping) else f", in the middle {median:g} days before"
        console.print(f"  {_BORDERS[one['border']]}: {figure('warned', one['warned'])}{days}")


def _paint_bands(console: Console, bands: list[dict[str, Any]]) -> None:
    most = max((band["left"] + band["stayed"] for band in bands), default=0)
    console.print("\nscores, and how many left within the window")
    for band in bands:
        scores = band["left"] + band["stayed"]
        bar = "█" * round(BAR_WIDTH * scores / most) if most else ""
        share = f"{band['left'] / scores:.1%}" if scores else "–"
        console.print(f"  {band['low']:>3}-{band['high']:<3} {scores:>9,} {share:>6}  [dim]{bar}[/]")


def _paint_calibration(console: Console, found: Mapping[str, Any]) -> None:
    if "no_answer" in found:
        console.print(f"\ncalibration: [dim]{escape(str(found['sentence']))}[/]")
        return
    error = found["expected_calibration_error"]
    console.print(f"\ncalibration: the rates of the earlier half of the dates miss those of the later half by {error:.2%} on average")


def _paint_segments(console: Console, document: Mapping[str, Any]) -> None:
    if not document["segments"]:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in (str(document["by"]), "customers", "left", "AUC", "lift of the worst tenth"):
        table.add_column(column)
    for one in document["segments"]:
        found = one["prediction"]
        said = [_measured(found), ""] if "no_answer" in found else [_measured(found["auc"]), _measured(found["lift_worst_tenth"])]
        table.add_row(escape(one["segment"]), f"{one['customers']:,}", f"{one['customers_left']:,}", *said)
    console.print()
    console.print(table)
    console.print()
