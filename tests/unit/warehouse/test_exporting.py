"""An export names facts by their own keys, so that importing it adds nothing."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tenure.ids import fact_key
from tenure.warehouse.exporting import uuids


@given(st.lists(st.text(max_size=20), min_size=1, max_size=20))
def test_the_text_of_a_key_is_the_key(ids: list[str]) -> None:
    keys = [fact_key("event", "files", one) for one in ids]
    high, low = (pa.chunked_array([pa.array([key[half] for key in keys], pa.int64())]) for half in (0, 1))
    texts = uuids(high, low).to_pylist()
    assert [fact_key("event", "anything", text) for text in texts] == keys
