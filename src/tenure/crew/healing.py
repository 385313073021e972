"""What RETENTION-004 asks for when a component fails: run it again, now, within the same cycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tenure.errors import TenureError
from tenure.model.intents import Intent, RunJob


class Healing:
    """The port `tenure.ports.intents.CarriesOut` for `run_job`.

    Args:
        cures: what each job name does at a time; others are answered with a word.
    """

    kinds: tuple[str, ...] = ("run_job",)

    def __init__(self, cures: Mapping[str, Callable[[int], object]]) -> None:
        self._cures = cures

    def carry_out(self, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
        """Each job once, however many chains ask for it; a failure is noted, the next check asks again."""
        asked = {one.wish.job for one in intents if isinstance(one.wish, RunJob)}
        said = {job: self._run(job, now_us) for job in sorted(asked)}
        return {one.key: said[one.wish.job] for one in intents if isinstance(one.wish, RunJob)}

    def _run(self, job: str, now_us: int) -> str:
        cure = self._cures.get(job)
        if cure is None:
            return f"nobody knows the job {job}"
        try:
            cure(now_us)
        except TenureError as problem:
            return problem.message
        return "done"
