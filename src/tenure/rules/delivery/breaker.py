"""A provider that keeps failing is left alone for a growing time, probed with one message, and in the end paused."""

from __future__ import annotations

import msgspec

from tenure.clock import HOUR_US, MINUTE_US

FAILURES_TO_OPEN = 5
OPENINGS_TO_PAUSE = 4
_FIRST_US = MINUTE_US
_LONGEST_US = HOUR_US


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """Failures in a row, how often it was opened since the last success, and until when it is left alone."""

    provider: str
    failures: int = 0
    openings: int = 0
    open_until_us: int | None = None

    def may_try(self, now_us: int) -> bool:
        """Closed, or open long enough for a probe."""
        return self.open_until_us is None or now_us >= self.open_until_us

    @property
    def is_probing(self) -> bool:
        """Only one message may be tried: its outcome closes or reopens."""
        return self.open_until_us is not None

    @property
    def wants_pause(self) -> bool:
        """Waiting longer does not help: a person has to look (automation.md, section 3)."""
        return self.openings >= OPENINGS_TO_PAUSE

    def succeeded(self) -> Breaker:
        return Breaker(provider=self.provider)

    def failed(self, now_us: int) -> Breaker:
        """One technical failure more: five in a row open it, a failed probe opens it for twice as long, up to an hour."""
        failures = self.failures + 1
        if not self.is_probing and failures < FAILURES_TO_OPEN:
            return msgspec.structs.replace(self, failures=failures)
        wait_us = min(_FIRST_US * 2**self.openings, _LONGEST_US)
        return msgspec.structs.replace(self, failures=failures, openings=self.openings + 1, open_until_us=now_us + wait_us)
