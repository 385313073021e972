"""Playbooks of one venture, as the crew and the doors call them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tenure.errors import BadInput, NotFound, Refused
from tenure.model.condition import Condition
from tenure.model.file_changes import FileChange
from tenure.model.incidents import playbook_scope
from tenure.model.intents import EndPlaybooks, Intent, StartPlaybook
from tenure.model.playbooks import Enrollment, PlaybookDefinition, PlaybookVersion
from tenure.rules.file_changes import Known, Sound, changes_of
from tenure.services.playbooks.context import PlaybookContext
from tenure.services.playbooks.entries import EntryPass, EntryReport, campaigns_evaluated, watches
from tenure.services.playbooks.files import Checked, digest_of, no_playbook
from tenure.services.playbooks.moves import AdvancePass, AdvanceReport
from tenure.services.playbooks.orders import (
    Started,
    end_ordered,
    lift_holdout,
    start_by_person,
    start_ordered,
)


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What publishing came to; `unchanged` were live already."""

    published: tuple[PlaybookVersion, ...] = ()
    unchanged: tuple[str, ...] = ()


class PlaybookService:
    """Killed anywhere and called again it repeats nothing; two workers settle their races in the store.

    Carries out `start_playbook` and `end_playbooks` (port `tenure.ports.intents.CarriesOut`).
    """

    kinds: tuple[str, ...] = ("start_playbook", "end_playbooks")

    def __init__(self, context: PlaybookContext) -> None:
        self._context = context

    # --- the loop ----------------------------------------------------------------------------------------------------

    def watches(self) -> Mapping[str, Condition]:
        """Entry conditions by watch, for `Subjects.baseline` when the venture goes live or its configuration changes (A1, A3)."""
        return watches(self._context)

    def enter(self, now_us: int, *, daily: bool = False) -> EntryReport:
        """Take whoever crossed into a playbook since the last look; at a daily refresh confirm who waits (A17)."""
        return EntryPass(self._context, now_us, daily=daily).run()

    def advance(self, now_us: int, *, reviews: bool = False) -> AdvanceReport:
        """Do every step that is due; `reviews` also looks for goals, exits and answers of all others."""
        return AdvancePass(self._context, now_us, reviews=reviews).run()

    def campaigns_evaluated(self, now_us: int) -> Mapping[str, int]:
        """By published, unpaused campaign, when its entry was last evaluated; 0: never (M16)."""
        return campaigns_evaluated(self._context, now_us)

    def carry_out(self, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
        """What triggers, decisions and people ordered; a note by key for each that is finished with."""
        starts = [one for one in intents if isinstance(one.wish, StartPlaybook)]
        ends = [one for one in intents if isinstance(one.wish, EndPlaybooks)]
        notes = dict(end_ordered(self._context, ends, now_us)) if ends else {}
        return notes | dict(start_ordered(self._context, starts, now_us) if starts else {})

    def start(self, playbook: str, customer_ids: Sequence[str], *, by: str, why: str, now_us: int) -> Started:
        """A person enrolls customers; see `orders.start_by_person`."""
        return start_by_person(self._context, playbook, customer_ids, by=by, why=why, now_us=now_us)

    def lift_holdout(self, customer_id: str, *, by: str, why: str, now_us: int) -> Enrollment:
        """A person takes a customer out of the holdout: what comes from now on goes, what was withheld stays so (A8).

        Raises BadInput without a reason, NotFound when nothing is withheld from the customer.
        """
        return lift_holdout(self._context, customer_id, by=by, why=why, now_us=now_us)

    # --- files and versions --------------------------------------------------------------------------------------------

    def changes(self, checked: Checked, by: str) -> tuple[FileChange, ...]:
        """What publishing the team's own files would do; `by` is who publishes from files."""
        sound = [Sound(file=one.file, name=one.definition.key, digest=one.digest, is_own=one.is_own) for one in checked.playbooks]
        versions: dict[str, list[Known]] = {}
        for one in self._context.stores.playbooks.versions(self._context.own):
            versions.setdefault(one.key, []).append(_known(one))
        live = {one.key: _known(one) for one in self._context.live()}
        return changes_of(sound, checked.broken, live, versions, checked.shipped, by)

    def retire(self, key: str, *, by: str, why: str, now_us: int) -> None:
        """Nobody enters any more; who is in it finishes."""
        self._context.stores.playbooks.retire(self._context.own, key, by=by, why=why, now_us=now_us)

    def publish(self, checked: Checked, keys: Sequence[str], *, by: str, why: str, now_us: int) -> Published:
        """Make these playbooks (none named: all) live as they are in the files; running enrollments keep their version.

        Raises BadInput: no reason, a playbook without a sound file, or problems in any file when all are asked for.
        """
        if not why.strip():
            raise BadInput("Publishing a playbook needs a reason.", "Say why with --why.")
        if not keys and checked.problems:
            raise BadInput(f"{len(checked.problems)} problems: {checked.problems[0]}", "See all with `tenure playbooks check`.")
        live = {one.key: one for one in self._context.live()}
        published: list[PlaybookVersion] = []
        unchanged: list[str] = []
        for key in keys or [one.definition.key for one in checked.playbooks]:
            found = checked.playbook(key)
            if found is None:
                raise no_playbook(key, checked)
            if key in live and live[key].digest == found.digest:
                unchanged.append(key)
                continue
            version = self._context.stores.playbooks.publish(
                self._context.own, found.definition, digest=found.digest, by=by, why=why, now_us=now_us
            )
            published.append(version)
        return Published(published=tuple(published), unchanged=tuple(unchanged))

    def decide_test(
        self, key: str, step: str, variant: str, *, seen_version: int, by: str, why: str, now_us: int
    ) -> PlaybookVersion:
        """The step of the live version keeps one variant for everybody; running enrollments keep their version.

        Raises Refused: another version is live than the one the test was judged in; NotFound: no such step or variant.
        """
        live = next((one for one in self._context.live() if one.key == key), None)
        if live is None or live.version != seen_version:
            raise Refused(f"The playbook {key} was changed since its test was judged.", "See `tenure effect` for the version that is live.")
        definition = with_winner(live.definition, step, variant)
        if definition is None:
            raise NotFound(f"The step {step} of {key} has no variant {variant}.", "See `tenure playbooks show`.")
        return self._context.stores.playbooks.publish(
            self._context.own, definition, digest=digest_of(definition), by=by, why=why, now_us=now_us
        )

    def pause(self, key: str, *, by: str, why: str, now_us: int) -> None:
        """Nobody enters and nothing customer-facing of it leaves until it is resumed."""
        self._known(key)
        self._context.stores.controls.pause(self._context.own, playbook_scope(key), by=by, why=why, now_us=now_us)

    def resume(self, key: str, *, by: str, why: str, now_us: int) -> bool:
        """Go on; False: it was not paused."""
        self._known(key)
        return bool(self._context.stores.controls.resume(self._context.own, playbook_scope(key), by=by, why=why, now_us=now_us))

    def _known(self, key: str) -> None:
        if not self._context.stores.playbooks.versions(self._context.own, key):
            raise BadInput(f"The playbook {key} was never published.", "See `tenure playbooks list`.")


def _known(one: PlaybookVersion) -> Known:
    return Known(version=one.version, digest=one.digest, by=one.created_by)


def with_winner(definition: PlaybookDefinition, step: str, variant: str) -> PlaybookDefinition | None:
    """The definition with the test of a step decided; None: no such step or variant."""
    index = definition.step_index(step)
    if index is None:
        return None
    tested = definition.steps[index]
    won = next((one for one in tested.variants if one.name == variant), None)
    if won is None:
        return None
    decided = msgspec.structs.replace(tested, template=won.template, variants=())
    return msgspec.structs.replace(definition, steps=(*definition.steps[:index], decided, *definition.steps[index + 1 :]))
