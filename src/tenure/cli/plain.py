"""Records as the JSON commands print: a name ending in `_us` loses the ending, and its time becomes ISO 8601 text.

Documents made elsewhere are left as they are, and so is what people sent: only fields of our own records are renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tenure.clock import iso
from tenure.model.configuration import AuditEntry

_ENDING = "_us"


def plain(value: Any) -> Any:
    """Any result as JSON-able values."""
    if isinstance(value, AuditEntry):
        value = msgspec.structs.replace(value, before=told(value.before), after=told(value.after))
    if isinstance(value, msgspec.Struct):
        return dict(_entry(name, getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return msgspec.to_builtins(value)


def told(change: Any) -> Any:
    """What an audit entry says a thing was or is, with its times as text."""
    return dict(_entry(name, one) for name, one in change.items()) if isinstance(change, Mapping) else change


def _entry(name: str, value: Any) -> tuple[str, Any]:
    if name.endswith(_ENDING) and (value is None or isinstance(value, int)):
        return name.removesuffix(_ENDING), None if value is None else iso(value)
    return name, plain(value)
