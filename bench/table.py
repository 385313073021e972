"""How results are printed and kept: one row per bar, medians with their spread, machine and sizes named."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured bar: what, its size, the runs, the limit or peer it is held against."""

    work: str
    size: str
    runs: tuple[float, ...]
    unit: str
    against: str
    ratio: str
    holds: bool | None

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    def markdown(self) -> str:
        spread = f"{min(self.runs):.3g}-{max(self.runs):.3g}" if len(self.runs) > 1 else "one run"
        verdict = {True: "holds", False: "**missed**", None: ""}[self.holds]
        return f"| {self.work} | {self.size} | {self.median:.3g} {self.unit} ({spread}, {len(self.runs)} runs) | {self.against} | {self.ratio} | {verdict} |"


HEADER = "| work | size | median (spread) | against | ratio | |\n|---|---|---|---|---|---|"


def machine() -> str:
    """Cores and memory, no names."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{os.cpu_count()} cores, {pages * size / 2**30:.0f} GB, Python {platform.python_version()}, {platform.system()}"


def load_average() -> str:
    """Of the last minute: others on the machine make figures upper bounds."""
    return f"{os.getloadavg()[0]:.1f}"


def print_table(rows: Sequence[Row]) -> None:
    print(f"\nMachine: {machine()}, load now {load_average()}\n\n{HEADER}")
    for row in rows:
        print(row.markdown())
