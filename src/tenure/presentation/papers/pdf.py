"""A paper as PDF, set by Typst: its compiler comes with the wheel, nothing else has to be installed."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files

import msgspec
import typst

from tenure.model.papers import Paper
from tenure.presentation.papers.page import PACKAGE


def print_paper(paper: Paper) -> bytes:
    """The same paper gives the same bytes: the document is dated as of its figures."""
    template = files(PACKAGE).joinpath("templates", "paper.typ").read_bytes()
    document = msgspec.json.encode(_whole(paper)).decode()
    made = typst.compile(
        template, format="pdf", sys_inputs={"paper": document}, timestamp=datetime.fromisoformat(paper.as_of)
    )
    assert isinstance(made, bytes)
    return made


def _whole(paper: Paper) -> dict[str, object]:
    """With every field, also those that JSON leaves out where they are empty."""
    sections = [
        {
            "key": section.key, "title": section.title, "intro": section.intro, "nothing": section.nothing,
            "figures": [
                {**msgspec.structs.asdict(one), "customers": [msgspec.structs.asdict(who) for who in one.customers]} for one in section.figures
            ],
        }
        for section in paper.sections
    ]  # fmt: skip
    return {**msgspec.structs.asdict(paper), "sections": sections}
