"""Random conditions over everything the loop may look at."""

from __future__ import annotations

from hypothesis import strategies as st

from tenure.model.condition import All, AnyOf, Compare, Condition, Known, Not, OneOf
from tenure.rules.card_fields import LOOP

WORDS = ("acme", "b-ada", "pro", "free", "active", "churned", "cancelling", "trial", "onboarding", "critical", "healthy")
NUMBERS = (0.0, 1.0, 2.0, 3.0, 5.0, 12.0, 15.0, 40.0, 70.0)

_numbers = st.builds(
    Compare,
    st.sampled_from((*LOOP.numbers, "trait.x")),
    st.sampled_from(("==", "!=", "<", "<=", ">", ">=")),
    st.sampled_from(NUMBERS),
)
_texts = st.builds(Compare, st.sampled_from(LOOP.texts), st.sampled_from(("==", "!=")), st.sampled_from(WORDS))
_flags = st.builds(Compare, st.sampled_from(LOOP.flags), st.sampled_from(("==", "!=")), st.booleans())
_among = st.builds(OneOf, st.sampled_from(LOOP.texts), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(tuple))
_known = st.builds(Known, st.sampled_from((*LOOP.all, "trait.y")))


def _larger(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.builds(Not, inner) | st.builds(All, parts) | st.builds(AnyOf, parts)


conditions: st.SearchStrategy[Condition] = st.recursive(_numbers | _texts | _flags | _among | _known, _larger, max_leaves=6)
