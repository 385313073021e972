"""What applying the files of a workspace would do to each trigger or playbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tenure.model.file_changes import FileChange, FileState


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may be published."""

    file: str
    name: str
    digest: str
    is_own: bool = True


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A published version."""

    version: int
    digest: str
    by: str


def changes_of(
    sound: Sequence[Sound],
    broken: Mapping[str, Sequence[str]],
    live: Mapping[str, Known],
    versions: Mapping[str, Sequence[Known]],
    shipped: frozenset[str],
    by: str,
) -> tuple[FileChange, ...]:
    """Own files compared with what is live, broken ones with their problems, then what files once published and have no more.

    Args:
        broken: problems by file.
        live, versions: by name.
        shipped: names that ship; one without an own file any more goes back to what ships, the others are retired.
        by: who publishes from files: only what they published goes with its file.
    """
    wanted = [one for one in sound if one.is_own]
    own = {one.name for one in wanted}
    orphans = {name for name, one in live.items() if one.by == by and name not in own} if not broken else set()
    back = [one for one in sound if not one.is_own and one.name in orphans]
    found = [_compared(one, live.get(one.name), versions.get(one.name, ()), one.name in shipped) for one in (*wanted, *back)]
    found += [FileChange(file=file, name="", state=FileState.invalid, problems=tuple(said)) for file, said in sorted(broken.items())]
    for name in sorted(orphans - {one.name for one in back}):
        found.append(FileChange(file="", name=name, state=FileState.retired, version=live[name].version))
    return tuple(found)


def _compared(one: Sound, live: Known | None, versions: Sequence[Known], ships: bool) -> FileChange:
    again = next((known.version for known in versions if known.digest == one.digest), None)
    version = again or max((known.version for known in versions), default=0) + 1
    state = FileState.new if live is None else FileState.unchanged if live.digest == one.digest else FileState.changed
    return FileChange(
        file=one.file, name=one.name, state=state, version=version, overrides_shipped=ships and one.is_own
    )
