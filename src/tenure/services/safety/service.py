"""Safety: watch rules trip, incidents pause first and ask after, people bring them back step by step.

Opening an incident and its pauses is one transaction; telling the team and booking the review are its next two steps, each
wanted before it is noted, so that a killed opening is finished by the next tick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from tenure.clock import HOUR_US
from tenure.errors import BadInput, Refused
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import DecisionKind
from tenure.model.handoffs import HandedOff
from tenure.model.incidents import (
    EVERYTHING,
    Incident,
    IncidentState,
    Pause,
    playbook_scope,
)
from tenure.model.intents import AskDecision, ChangeControl, Intent, OpenIncident, SendCorrection
from tenure.model.touches import ActionClass, Channel, Purpose
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.handoffs import Vendor
from tenure.ports.invitations import Attendee, Invitations, Meeting
from tenure.ports.store import Stores
from tenure.ports.touches import Touches, WantedTouch
from tenure.rules.decisions.kinds import NOTHING, REVIEW, STOP_EVERYTHING
from tenure.rules.notices import Notice, content
from tenure.rules.safety.incidents import check_finish, check_move, check_scope, rule_of
from tenure.rules.safety.review import review_us
from tenure.rules.team import FALLBACK, Team
from tenure.rules.wording import moment
from tenure.rules.working_time import zone_of
from tenure.services.safety.vendors import HandedThings

S = IncidentState
RULE = "safety rule"
REVIEW_MINUTES = 30
_OPENING = (S.paused, S.told)


class SafetyService:
    """Carries out `open_incident`, `change_control` and `send_correction`; the crew calls `tick`.

    `vendors`, by provider name, run things for us that a pause has to reach too (A21).
    """

    kinds = ("open_incident", "change_control", "send_correction")

    def __init__(
        self,
        stores: Stores,
        touches: Touches,
        venture: Venture,
        parameters: Callable[[], ParameterSet],
        invitations: Invitations,
        vendors: Mapping[str, Vendor] | None = None,
    ) -> None:
        self._stores, self._touches, self._venture, self._parameters = stores, touches, venture, parameters
        self._incidents, self._own, self._invitations = stores.incidents, venture.venture_id, invitations
        self.handed = HandedThings(stores.hand_offs, stores.controls, venture, vendors or {})

    # --- intents -----------------------------------------------------------------------------------------------------

    def carry_out(self, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
        return {intent.key: self._one(intent, now_us) for intent in intents}

    def _one(self, intent: Intent, now_us: int) -> str:
        wish = intent.wish
        if isinstance(wish, OpenIncident):
            opened = self.open(wish.rule, wish.scope, wish.title, wish.evidence, key=intent.key, by=RULE, now_us=now_us)
            return "open already" if opened is None else f"incident {opened.incident_id}"
        if isinstance(wish, ChangeControl):
            return self._control(wish, now_us)
        assert isinstance(wish, SendCorrection)  # the dispatcher hands over our kinds only
        return f"{self._correct(wish, intent.cause, now_us)} corrections"

    def _control(self, wish: ChangeControl, now_us: int) -> str:
        """A wish that cannot be is done with its reason: tried again it would not be either."""
        try:
            if wish.action == "pause":
                self.pause(wish.scope, by=wish.by, why=wish.why, now_us=now_us)
                return "paused"
            self.resume_scope(wish.scope, by=wish.by, why=wish.why, now_us=now_us)
        except (Refused, BadInput) as problem:
            return problem.message
        return "resumed"

    # --- incidents ---------------------------------------------------------------------------------------------------

    def open(
        self, rule: str, scope: str, title: str, evidence: Mapping[str, object], *, key: str, by: str, now_us: int
    ) -> Incident | None:
        """At once: pause the scope, tell the team, book a review within 24 h. None when it is open already.

        Where it tripped again while its small cohort was watched, everything is paused again and the review begins anew.
        """
        own = rule_of(rule, scope)
        wanted = Incident(
            incident_id=0, key=key, rule=rule, scope=scope, title=title, state=S.paused, opened_us=now_us, evidence=dict(evidence)
        )
        made = self._incidents.open(
            self._own, wanted, pauses=(scope, *own.also_pauses), intents=[_review(key, wanted)], by=by, now_us=now_us
        )
        if made is None:
            self._tripped_again(rule, scope, title, key, by, now_us)
            return None
        self.finish_openings(now_us)
        return self._incidents.get(self._own, made.incident_id)

    def _tripped_again(self, rule: str, scope: str, title: str, key: str, by: str, now_us: int) -> None:
        """Back to the review, unless this very sign was taken already (an intent carried out twice)."""
        for one in self._incidents.list(self._own, open_only=True):
            if (one.rule, one.scope, one.state) == (rule, scope, S.small_cohort) and one.key != key:
                self._incidents.move(self._own, one, S.review_booked, by=by, note=f"It tripped again: {title}", now_us=now_us)

    def _stop_outside(self, incident: Incident, now_us: int) -> None:
        """Messages of the outbox are withdrawn where the rule says so; vendors' flows are stopped or listed (A21)."""
        playbook = incident.scope.removeprefix(playbook_scope(""))
        rule = rule_of(incident.rule, incident.scope)
        if rule.withdraws_outbox and playbook != incident.scope:
            self._touches.withdraw(self._own, reason=f"incident {incident.incident_id}", now_us=now_us, playbook=playbook)
        self.handed.stop((incident.scope, *rule.also_pauses), now_us, incident.incident_id)

    def finish_openings(self, now_us: int) -> int:
        """Tell the team and book the review of every incident that has got only so far."""
        opening = [one for one in self._incidents.list(self._own, open_only=True) if one.state in _OPENING]
        for incident in opening:
            if incident.state is S.paused:
                self._stop_outside(incident, now_us)
                self._touches.want(self._own, self._telling(incident, now_us), now_us=now_us)
                self._incidents.move(self._own, incident, S.told, by=RULE, note="the success team was told", now_us=now_us)
                incident = self._incidents.get(self._own, incident.incident_id)
            at_us = review_us(now_us, self._parameters())
            self._touches.want(self._own, self._booking(incident, at_us, now_us), now_us=now_us)
            zone = zone_of(self._parameters().text("venture_timezone"))
            note = f"review on {moment(at_us, zone)}"
            self._incidents.move(self._own, incident, S.review_booked, by=RULE, note=note, now_us=now_us)
        return len(opening)

    def write_cause(self, incident_id: int, words: str, *, by: str, now_us: int) -> Incident:
        """The root cause in words; without it nothing resumes."""
        return self._step(incident_id, S.cause_written, by, words, now_us)

    def write_fix(self, incident_id: int, words: str, *, by: str, now_us: int) -> Incident:
        """The fix in words."""
        return self._step(incident_id, S.fix_written, by, words, now_us)

    def resume(self, incident_id: int, *, by: str, note: str = "", now_us: int) -> Incident:
        """First a small cohort (`resume_cohort_percent`), chosen by a stable hash."""
        percent = self._parameters().number("resume_cohort_percent")
        said = note or f"{percent:g} % of customers act again"
        return self._step(incident_id, S.small_cohort, by, said, now_us, cohort_percent=percent)

    def finish(self, incident_id: int, *, by: str, note: str = "", now_us: int) -> Incident:
        """Fully, after the small cohort was watched. Raises Refused before that, unless a reason is given."""
        check_finish(self._incidents.get(self._own, incident_id), now_us, note)
        return self._step(incident_id, S.resumed, by, note or "watched without a sign of it", now_us, ends_pauses=True)

    def _step(
        self, incident_id: int, to: IncidentState, by: str, note: str, now_us: int, *, cohort_percent: float | None = None, ends_pauses: bool = False
    ) -> Incident:
        """One legal move. Raises `NotFound`, `Refused`, `BadInput`."""
        incident = self._incidents.get(self._own, incident_id)
        check_move(incident, to, note)
        moved = self._incidents.move(
            self._own, incident, to, by=by, note=note, now_us=now_us, cohort_percent=cohort_percent, ends_pauses=ends_pauses
        )
        if not moved:
            raise Refused(f"Somebody else moved incident {incident_id} just now.", "Look at it again.")
        return self._incidents.get(self._own, incident_id)

    def resume_by_rule(self, now_us: int) -> int:
        """Nothing resumes by itself unless its rule allows it: a provider is tried again after its watch time."""
        moved = 0
        for incident in self._incidents.list(self._own, open_only=True):
            rule = rule_of(incident.rule, incident.scope)
            waited = now_us - incident.steps[-1].at_us >= rule.watch_hours * HOUR_US
            if not rule.resumes_itself or not waited or incident.state in _OPENING:
                continue
            if incident.state is S.small_cohort:
                self.finish(incident.incident_id, by=RULE, note="no further failure with the small cohort", now_us=now_us)
            else:
                self._by_rule(incident, now_us)
            moved += 1
        return moved

    def _by_rule(self, incident: Incident, now_us: int) -> None:
        """The steps up to the small cohort, with the rule as their author."""
        if incident.state is S.review_booked:
            incident = self.write_cause(incident.incident_id, "The provider failed repeatedly.", by=RULE, now_us=now_us)
        if incident.state is S.cause_written:
            self.write_fix(incident.incident_id, "It is tried again with a small cohort.", by=RULE, now_us=now_us)
        self.resume(incident.incident_id, by=RULE, now_us=now_us)

    # --- who was touched ---------------------------------------------------------------------------------------------

    def touched(self, incident_id: int, now_us: int) -> Sequence[Mapping[str, Any]]:
        """Customer-facing touches that left under the faulty run."""
        return self._incidents.touched(self._own, self._incidents.get(self._own, incident_id), now_us)

    def correct(self, incident_id: int, subject: str, text: str, *, by: str, now_us: int) -> int:
        """Want a correction to everybody touched; it leaves with the next tick. Returns how many people.

        Raises BadInput without words, Refused when nobody was touched.
        """
        if not subject.strip() or not text.strip():
            raise BadInput("A correction needs a subject and words.", "Say what was wrong and what is right.")
        people = _people(self.touched(incident_id, now_us))
        if not people:
            raise Refused(f"Nobody was touched under incident {incident_id}.", "There is nothing to correct.")
        wish = SendCorrection(incident_id=incident_id, subject=subject, text=text, by=by)
        cause = Cause(kind=CauseKind.person, person=by, reason=f"correction of incident {incident_id}")
        self._stores.intents.add(self._own, [Intent(key=f"correction:{incident_id}", wish=wish, cause=cause)], now_us=now_us)
        return len(people)

    def _correct(self, wish: SendCorrection, cause: Cause, now_us: int) -> int:
        incident = self._incidents.get(self._own, wish.incident_id)
        said: dict[str, object] = {"subject": wish.subject, "text": wish.text, "html": _paragraphs(wish.text)}
        wanted = [
            WantedTouch(
                key=f"correction:{wish.incident_id}:{customer_id}:{user_id or ''}",
                channel=Channel.email,
                action_class=ActionClass.message,
                purpose=Purpose.service,
                customer_facing=True,
                cause=cause,
                due_us=now_us,
                content=said,
                customer_id=customer_id,
                user_id=user_id,
                by_person=True,
            )
            for customer_id, user_id in _people(self._incidents.touched(self._own, incident, now_us))
        ]
        return self._touches.want(self._own, wanted, now_us=now_us) if wanted else 0

    # --- pauses ------------------------------------------------------------------------------------------------------

    def pause(self, scope: str, *, by: str, why: str, now_us: int) -> tuple[Pause, list[HandedOff]]:
        """Pause a scope, at the vendors too; gives what a person has to stop there by hand. Raises BadInput for no scope."""
        check_scope(scope)
        made = self._stores.controls.pause(self._own, scope, by=by, why=why, now_us=now_us)
        return made, [one for one in self.handed.stop([scope], now_us) if one.may_run]

    def kill(self, *, by: str, why: str, now_us: int) -> tuple[Pause, list[HandedOff]]:
        """A21: every customer-facing touch, CRM write and EVA action stops; scoring and internal alerts go on."""
        return self.pause(EVERYTHING, by=by, why=why, now_us=now_us)

    def resume_scope(self, scope: str, *, by: str, why: str, now_us: int) -> Sequence[Pause]:
        """End pauses people made. Raises Refused while an incident holds the scope, or when nothing is paused."""
        state = self._stores.controls.state(self._own, now_us)
        held = next((one for one in state.pauses if one.scope == scope and one.incident_id is not None), None)
        if held is not None:
            raise Refused(
                f"{scope} is paused by incident {held.incident_id}, which has to go through its steps.",
                f"See `tenure incidents show {held.incident_id}`.",
            )
        ended = self._stores.controls.resume(self._own, scope, by=by, why=why, now_us=now_us)
        if not ended:
            raise Refused(f"{scope} is not paused.", "`tenure status` shows what is.")
        return ended

    # --- notices -----------------------------------------------------------------------------------------------------

    def _telling(self, incident: Incident, now_us: int) -> list[WantedTouch]:
        by_hand = [one for one in self.handed.of_incident(incident.incident_id) if one.may_run]
        lines = [f"Stop {one.name} at {one.provider} by hand ({one.note}): {one.link}" for one in by_hand]
        facts = (("Paused", incident.scope), *((name.replace("_", " "), str(value)) for name, value in incident.evidence.items()))
        footer = f"Incident {incident.incident_id}. `tenure incidents show {incident.incident_id}` shows its steps."
        said = content(Notice(title=f"Paused: {incident.title}", facts=facts, lines=tuple(lines), footer=footer))
        place = self._parameters().text("success_slack_channel")
        return [self._touch(f"incident:{incident.incident_id}:told", Channel.slack, place, said, now_us)]

    def _booking(self, incident: Incident, at_us: int, now_us: int) -> list[WantedTouch]:
        team = Team(self._stores.people.all(self._own), self._stores.stand_ins.all(self._own), now_us)
        people = team.first(*FALLBACK)
        zone = zone_of(self._parameters().text("venture_timezone"))
        title = f"Emergency review: {incident.title}"
        words = f"Root cause and fix of incident {incident.incident_id} have to be written down before anything resumes."
        invited = [Attendee(email=one.email, name=one.name) for one in people]
        if not invited:
            return []
        meeting = Meeting(
            key=f"incident:{self._venture.key}:{incident.incident_id}",
            title=title,
            description=words,
            starts_us=at_us,
            minutes=REVIEW_MINUTES,
            organizer=invited[0],
            attendees=tuple(invited),
        )
        file = self._invitations.request(meeting, now_us).as_content()
        notice = Notice(title=title, facts=(("When", moment(at_us, zone)), ("Paused", incident.scope)), lines=(words,))
        said = content(notice, attachments=(file,))
        return [self._touch(f"incident:{incident.incident_id}:review:{place}", Channel.email, one.email, said, now_us)
                for place, one in enumerate(people)]  # fmt: skip

    def _touch(self, key: str, channel: Channel, to: str, said: dict[str, object], now_us: int) -> WantedTouch:
        return WantedTouch(
            key=key,
            channel=channel,
            action_class=ActionClass.internal,
            purpose=Purpose.internal,
            customer_facing=False,
            cause=Cause(kind=CauseKind.safety, reason=key),
            due_us=now_us,
            content=said,
            to=to,
        )


def _review(key: str, incident: Incident) -> Intent:
    """The decision that goes with an incident."""
    wish = AskDecision(
        kind=DecisionKind.pause_resume.value,
        title=f"Emergency review: {incident.title}",
        context={"scope": incident.scope, "rule": incident.rule, "incident_key": key, "evidence": incident.evidence},
        recommendation=REVIEW,
        options=(REVIEW, STOP_EVERYTHING, NOTHING),
    )
    return Intent(key=f"review:{key}", wish=wish, cause=Cause(kind=CauseKind.safety, reason=incident.title))


def _people(touched: Sequence[Mapping[str, Any]]) -> list[tuple[str, str | None]]:
    """Each person once, in the order of the first touch."""
    return list(dict.fromkeys((one["customer_id"], one["user_id"]) for one in touched if one["customer_id"] is not None))


def _paragraphs(text: str) -> str:


    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))


