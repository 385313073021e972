"""The few engine words Ibis has no portable name for. Another engine needs its own names here, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis


def _arg_max(kind: str) -> Callable[..., Any]:
    def arg_max(what: Any, by: Any) -> Any:
        """The value of `what` where `by` is largest; rows where `what` is null are left out (`max_by` elsewhere)."""

    made: Callable[..., Any] = ibis.udf.agg.builtin(arg_max, name="arg_max", signature=((kind, "int64"), kind))
    return made


_ARG_MAX = {kind: _arg_max(kind) for kind in ("string", "int64", "int32", "boolean")}


def latest(what: Any, order: Any) -> Any:
    """The last stated value of a group: where `order` is largest among rows that state one."""
    return _ARG_MAX[str(what.type()).removeprefix("!")](what, order.cast("int64"))


@ibis.udf.scalar.builtin(name="merged_traits", signature=(("array<string>",), "string"))  # type: ignore[untyped-decorator]
def merged_traits(texts: Any) -> Any:
    """JSON objects merged in order, key by key, null taking a key away (RFC 7386); null for an empty list."""


@ibis.udf.agg.builtin(name="min", signature=(("int64", "int64"), "array<int64>"))  # type: ignore[untyped-decorator]
def smallest(what: Any, many: Any) -> Any:
    """The so many smallest values of a group, in order; fewer where there are fewer (`array_agg ... limit` elsewhere)."""
