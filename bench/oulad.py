"""The honest look at real people: every 14 days, who cancels within 28 days? Run with `python -m bench.oulad`.

Everything goes through the product's own commands. Nothing is fitted: the default scorecard as it is shipped, and a
plain activity score written once from a description (examples/oulad/other-scorecards/plain.yaml).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.table import machine
from tenure.cli.main import main as tenure

ROOT = Path(__file__).resolve().parent.parent
NOW = "2014-07-01"
LOOK = ("--every", "14", "--within", "28", "--from", "2013-02-01", "--to", "2014-05-30", "--by", "saved", "--now", NOW)
SCORECARDS = {"default": (), "plain": ("--scorecard", "other-scorecards/plain.yaml")}


def asked(workspace: Path, *arguments: str) -> Any:
    """One command's document."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = tenure([*arguments, "--workspace", str(workspace), "--json"])
    if code != 0:
        raise SystemExit(f"tenure {' '.join(arguments)} ended with {code}")
    return json.loads(said.getvalue())


def measured(value: dict[str, Any]) -> str:
    """A measure with its interval, or why there is none."""
    if "no_answer" in value:
        return str(value["sentence"])
    return f"{value['value']:.3f} ({value['interval']['low']:.3f} to {value['interval']['high']:.3f})"


def rows_of(name: str, document: dict[str, Any]) -> list[str]:
    """One line per segment, in Markdown."""
    found = []
    for one in document["segments"]:
        judged = one["prediction"]
        who = f"| {name} | {one['segment']} | {one['customers']:,} | {one['customers_left']:,} |"
        if "no_answer" in judged:
            found.append(f"{who} | {judged['sentence']} | | |")
            continue
        base = f"{judged['base_rate']['percent']:g} % of {judged['scores']:,}"
        figures = [measured(judged[which]) for which in ("auc", "lift_worst_tenth", "average_precision")]
        found.append(f"{who} {base} | {' | '.join(figures)} |")
    return found


def main() -> None:
    """Import, publish the workspace as it is, look back with both scorecards, print."""
    data = Path(os.environ.get("TENURE_SHARED", str(ROOT.parent / "shared"))) / "data" / "oulad"
    if not data.is_dir():
        sys.exit("The OULAD data are not beside the checkout; set TENURE_SHARED.")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "oulad"
        shutil.copytree(ROOT / "examples" / "oulad", workspace, ignore=shutil.ignore_patterns(".tenure"))
        asked(workspace, "import", str(data), "--now", NOW)
        asked(workspace, "apply", "--now", NOW)
        print(f"\nMachine: {machine()}\n")
        print("| scorecard | segment | customers | left | base rate | AUC | lift of the worst tenth | average precision |")
        print("|---|---|---|---|---|---|---|---|")
        for name, options in SCORECARDS.items():
            started = time.perf_counter()
            chosen = [str(workspace / option) if option.endswith(".yaml") else option for option in options]
            document = asked(workspace, "backtest", *LOOK, *chosen)
            print("\n".join(rows_of(name, document)), flush=True)
            spent = time.perf_counter() - started
            print(f"{name}: {len(document['dates'])} dates in {spent:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
