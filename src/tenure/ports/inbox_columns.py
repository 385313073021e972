"""The columns of the inbox as Arrow sees them; apart from the port, so that only those who need Arrow load it."""

from __future__ import annotations

import pyarrow as pa

from tenure.model.facts import InboxRow

WHAT = {
    "customer_id": pa.string(),
    "user_id": pa.string(),
    "anonymous": pa.int64(),
    "name": pa.string(),
    "feature": pa.string(),
    "body": pa.string(),
}
"""Whose a fact is and what it says: the columns that are laid out before a fact has its key."""

INBOX = pa.schema(
    {
        "venture_id": pa.int64(),
        "kind": pa.int64(),
        "key_hi": pa.int64(),
        "key_lo": pa.int64(),
        "source": pa.string(),
        "occurred_us": pa.int64(),
        "received_us": pa.int64(),
        **WHAT,
    }
)
"""The columns of `InboxRow`, in order."""
assert tuple(INBOX.names) == InboxRow.__struct_fields__

NUMBERED = pa.schema([pa.field("seq", pa.int64()), *INBOX])
"""The columns an inbox hands to a drain."""
