"""Files of a workspace against what is live."""

from __future__ import annotations

from tenure.model.file_changes import FileState
from tenure.rules.file_changes import Known, Sound, changes_of

ME, OTHER = "chairman:workspace files", "admin"


def own(name: str, digest: str) -> Sound:
    return Sound(file=f"triggers/{name}.yaml", name=name, digest=digest)


def states(*found: Sound, live: dict[str, Known] | None = None, broken: dict[str, tuple[str, ...]] | None = None) -> dict[str, FileState]:
    live = live or {}
    versions = {name: [one] for name, one in live.items()}
    changes = changes_of(found, broken or {}, live, versions, frozenset({"SHIPPED"}), ME)
    return {one.name or one.file: one.state for one in changes}


def test_a_file_is_new_changed_or_unchanged() -> None:
    live = {"A": Known(version=3, digest="a", by=ME), "B": Known(version=1, digest="b", by=OTHER)}
    assert states(own("A", "a"), own("B", "x"), own("C", "c"), live=live) == {
        "A": FileState.unchanged, "B": FileState.changed, "C": FileState.new,
    }  # fmt: skip


def test_a_changed_file_is_the_next_version_and_an_old_text_its_old_one() -> None:
    live, old = Known(version=2, digest="b", by=ME), Known(version=1, digest="a", by=ME)
    for digest, version in (("c", 3), ("a", 1), ("b", 2)):
        (found,) = changes_of([own("A", digest)], {}, {"A": live}, {"A": [old, live]}, frozenset(), ME)
        assert found.version == version


def test_only_what_files_published_goes_with_its_file() -> None:
    live = {"A": Known(version=1, digest="a", by=ME), "B": Known(version=1, digest="b", by=OTHER)}
    assert states(live=live) == {"A": FileState.retired}


def test_while_a_file_is_wrong_nothing_is_taken_for_gone() -> None:
    live = {"A": Known(version=1, digest="a", by=ME)}
    assert states(live=live, broken={"triggers/a.yaml": ("line 4: ...",)}) == {"triggers/a.yaml": FileState.invalid}


def test_a_shipped_one_comes_back_when_the_own_file_is_gone() -> None:
    ships = Sound(file="", name="SHIPPED", digest="s", is_own=False)
    mine = Known(version=2, digest="m", by=ME)
    assert states(ships, own("SHIPPED", "m"), live={"SHIPPED": mine}) == {"SHIPPED": FileState.unchanged}
    assert states(ships, live={"SHIPPED": mine}) == {"SHIPPED": FileState.changed}
    assert states(ships, live={"SHIPPED": Known(version=1, digest="s", by="tenure")}) == {}
