"""No module imports, through others, itself: a circle is a sign that something lives in the wrong room."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

import tenure

ROOT = Path(tenure.__file__).parent
IMPORT = re.compile(r"^from (tenure[\w.]*) import (\([^)]*\)|[^\n(]+)", re.MULTILINE)


def modules() -> dict[str, Path]:
    paths = {path: ".".join(("tenure", *path.relative_to(ROOT).with_suffix("").parts)) for path in ROOT.rglob("*.py")}
    return {name.removesuffix(".__init__"): path for path, name in paths.items()}


def imported(text: str, known: dict[str, Path]) -> set[str]:
    """What is imported when the module is: the module named, and a submodule fetched from its package."""
    found = set()
    for module, names in IMPORT.findall(text):
        submodules = {f"{module}.{name}" for name in re.findall(r"\w+", names)} & known.keys()
        found |= submodules | ({module} & known.keys())
    return found


def test_no_module_imports_itself_through_others():
    known = modules()
    assert len(known) > 400
    graph = {name: imported(path.read_text(encoding="utf-8"), known) - {name} for name, path in known.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, with the circle


def test_a_submodule_fetched_from_its_own_package_counts_as_the_package():
    known = {"tenure.a": Path(), "tenure.a.b": Path()}
    assert imported("from tenure.a import b, C\n", known) == {"tenure.a", "tenure.a.b"}
