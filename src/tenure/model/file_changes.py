"""Files of a workspace against what is live: what applying each would do."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class FileState(StrEnum):
    """What applying does to one file. `retired`: its file is gone, so nothing begins by it any more."""

    new = "new"
    changed = "changed"
    unchanged = "unchanged"
    invalid = "invalid"
    retired = "retired"


class FileChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One trigger or playbook of a plan. `version` is the number it has or would get; `problems` name file, line and fix."""

    file: str
    name: str
    state: FileState
    version: int | None = None
    overrides_shipped: bool = False
    problems: tuple[str, ...] = ()

    @property
    def is_published(self) -> bool:
        """Whether applying makes it live as its file says."""
        return self.state in (FileState.new, FileState.changed)
