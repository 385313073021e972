"""Stand-ins for links in rendered messages; outreach puts signed links in their place when a message leaves.

They look like addresses under a name nobody can own, so that every checker of HTML leaves them whole.
"""

from __future__ import annotations

import re

MARKER = "https://link.tenure.invalid/"
UNSUBSCRIBE = MARKER + "unsubscribe"
MEETING = MARKER + "meeting"
SURVEY = MARKER + "survey"
"""The page of the survey a touch asks."""
FOUND = re.compile(re.escape(MARKER) + r"([a-z]+(?:/[a-z0-9_]+)?)")
"""Every marker of a text; group 1 is its key in a touch's `content["links"]` (`meeting`, `cta/guide`), or `unsubscribe` or `survey`."""


def cta(name: str) -> str:
    """The marker of a call to action."""
    return f"{MARKER}cta/{name}"
