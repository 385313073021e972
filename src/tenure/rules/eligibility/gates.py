"""The gates, in the stated order. Each looks at one case and either lets it pass (None) or says what becomes of it.

    expiry, mode, pauses, hands off, trouble, already in touch: the switches and the customer's situation (A1, A21, Day one)
    consent and suppression, holdout, budget, cooldown, quiet hours, freshness, autonomy: automation.md, section 2
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import msgspec

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cards import CustomerCard
from tenure.model.incidents import (
    APPROVAL,
    CRM,
    EVERYTHING,
    OUTREACH,
    OUTREACH_BY_SCORE,
    SCORING,
    LoopState,
    Mode,
    Pause,
    playbook_scope,
)
from tenure.model.playbooks import RESCUES, PlaybookKind
from tenure.model.touches import EXPIRED, Channel, Gate, Outcome, Purpose, Touch, Verdict
from tenure.rules.eligibility.budget import NOBODY_YET, Contacted, free_again_us, is_refusable
from tenure.rules.eligibility.consent import Permissions, Recipient, recipient_of
from tenure.rules.eligibility.holdout import is_high_value, is_in_cohort, withholds
from tenure.rules.eligibility.limits import Limits
from tenure.rules.working_time import next_allowed_us, zone_of

IN_TOUCH_US = 3 * DAY_US
"""Mails, calls and meetings of a person this recent defer automated touches (Day one, 11)."""
OLD_TICKET_US = 3 * DAY_US
"""An open ticket older than this is trouble (Day one, 2)."""
_LOOK_AGAIN_US = HOUR_US
"""Obstacles that end when they end are looked at this often."""
_BY_SCORE = (PlaybookKind.critical, PlaybookKind.at_risk)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every touch of a venture at one time. `stale_sources` are those the score rests on (M17).

    `next_facts_us`: customers look as they do until then (a rehearsal knows); None: they may look different at any time.
    """

    venture_key: str
    venture_zone: str
    state: LoopState
    stale_sources: tuple[str, ...] = ()
    next_facts_us: int | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One touch with everything the gates look at. `contacted` is by user_id; "" for what was not to one person."""

    touch: Touch
    card: CustomerCard | None
    limits: Limits
    around: Surroundings
    now_us: int
    permissions: Permissions = Permissions()
    contacted: Mapping[str, Contacted] = {}
    hands_off: str | None = None
    held_out: bool = False
    in_touch_us: int | None = None
    campaign_ended_us: int | None = None

    @cached_property
    def recipient(self) -> Recipient | str:
        """The one person it goes to (P5), or why nobody."""
        if self.card is None:
            return "nothing is known of this customer"
        touch = self.touch
        return recipient_of(self.card, touch.channel, touch.purpose, self.permissions, touch.user_id)

    @property
    def user_id(self) -> str:
        return self.recipient.contact.user_id if isinstance(self.recipient, Recipient) else ""

    def left_to(self, user_id: str) -> Contacted:
        """What that person got, with what went to the customer without naming a person."""
        own = self.contacted.get(user_id, NOBODY_YET)
        return own.with_those_of(self.contacted.get("", NOBODY_YET)) if user_id else own

    @property
    def expires_us(self) -> int:
        """`touch_expiry_days` after it was due; a due time in quiet hours counts from where it moves to (A10)."""
        if self.touch.expires_us is not None:
            return self.touch.expires_us
        return self.moved(self.touch.due_us) + self.limits.expiry_us

    def moved(self, at_us: int) -> int:
        """The time, or where the customer's quiet hours move it."""
        zone = zone_of(self.card.timezone if self.card else None, self.around.venture_zone)
        return next_allowed_us(at_us, zone, self.limits.quiet_hours)

    def wait_for_facts(self, gate: Gate, reason: str) -> Verdict:
        """Ask again when the customer may look different."""
        return self.wait(gate, reason, self.around.next_facts_us)

    def wait(self, gate: Gate, reason: str, until_us: int | None = None) -> Verdict:
        """Ask again later, at the latest when it expires (A18)."""
        until_us = self.now_us + _LOOK_AGAIN_US if until_us is None else until_us
        return Verdict(outcome=Outcome.defer, gate=gate, reason=f"{gate}: {reason}", until_us=min(until_us, self.expires_us))


def decide(case: Case) -> Verdict:
    """What becomes of a touch that is due: the first gate that objects decides."""
    if not case.touch.customer_facing:
        return _internal(case)
    for gate in _SWITCHES:
        objection = gate(case)
        if objection is not None:
            return objection
    return _by_a_person(case) if case.touch.by_person else _automated(case)


def may_still_leave(case: Case) -> Verdict | None:
    """Asked again right before sending, of what the gates let through: None, or what stands in the way now."""
    if not case.touch.customer_facing:
        return None if (verdict := _internal(case)).outcome is Outcome.allow else verdict
    asked = (*_SWITCHES, consent) if case.touch.by_person else (*_SWITCHES, consent, quiet_hours)
    return next((objection for gate in asked if (objection := gate(case)) is not None), None)


def _internal(case: Case) -> Verdict:
    """Internal alerts and tasks always go (A9); only writing to the CRM stops with its pauses."""
    if case.touch.channel is Channel.crm_task and case.around.state.paused(CRM):
        return case.wait(Gate.pause, "writing to the CRM is paused")
    return Verdict(outcome=Outcome.allow)


def _automated(case: Case) -> Verdict:
    for gate in _ORDER:
        objection = gate(case)
        if objection is not None:
            return objection
    return Verdict(outcome=Outcome.allow, user_id=case.user_id)


def _by_a_person(case: Case) -> Verdict:
    """A18: what a person sends passes consent and suppression, and is only warned about the rest."""
    refused = consent(case)
    if refused is not None:
        return refused
    as_if = msgspec.structs.replace(case, touch=msgspec.structs.replace(case.touch, by_person=False, approved_by="them"))
    objections = (gate(as_if) for gate in (pauses, hands_off, *_ORDER))
    warnings = tuple(one.reason for one in objections if one is not None)
    return Verdict(outcome=Outcome.allow, user_id=case.user_id, warnings=warnings)


def expiry(case: Case) -> Verdict | None:
    """A18: what waited `touch_expiry_days` is skipped, with what it waited for."""
    if case.now_us < case.expires_us:
        return None
    waited = case.touch.reason.removeprefix(EXPIRED)
    return Verdict(outcome=Outcome.skip, gate=Gate.expiry, reason=f"{EXPIRED}{waited or 'its turn'}")


def mode(case: Case) -> Verdict | None:
    """A1: in watch mode nothing customer-facing leaves, and nothing decided then leaves later."""
    if case.around.state.mode is Mode.live:
        return None
    return Verdict(outcome=Outcome.refuse, gate=Gate.mode, reason="mode: the venture is in watch mode")


def pauses(case: Case) -> Verdict | None:
    """A21: the kill switch stops every customer-facing touch, narrower pauses what is theirs; a cohort may act again."""
    for pause in case.around.state.pauses:
        if pause.scope in _scopes(case.touch) and not _acts_again(case, pause):
            return case.wait(Gate.pause, f"{pause.scope} is paused")
    return None


def _scopes(touch: Touch) -> tuple[str, ...]:
    """Which pauses stop it; a person is stopped by the kill switch alone, and only warned of the others."""
    if touch.by_person:
        return (EVERYTHING,)
    by_score = touch.kind in _BY_SCORE or touch.cause.trigger is not None
    own = (playbook_scope(touch.playbook),) if touch.playbook else ()
    return (EVERYTHING, OUTREACH, *own, *((OUTREACH_BY_SCORE, SCORING) if by_score else ()))


def _acts_again(case: Case, pause: Pause) -> bool:
    if pause.cohort_percent is None or case.touch.customer_id is None:
        return False
    return is_in_cohort(case.around.venture_key, pause.scope, case.touch.customer_id, pause.cohort_percent)


def hands_off(case: Case) -> Verdict | None:
    """Day one, 1: an owner took the customer out of all automation; what is pending is withdrawn."""
    if case.hands_off is None or case.touch.by_person:
        return None
    return Verdict(outcome=Outcome.withdraw, gate=Gate.hands_off, reason="hands_off: taken out of automation by its owner")


def trouble(case: Case) -> Verdict | None:
    """Day one, 2: with an urgent or old open ticket or an unpaid invoice only people talk to the customer."""
    card = case.card
    if card is None or case.touch.purpose is Purpose.transactional:
        return None
    if card.open_urgent_tickets:
        return case.wait_for_facts(Gate.trouble, "an urgent ticket is open")
    oldest = card.oldest_open_ticket_us
    if card.open_tickets and oldest is not None and oldest < case.now_us - OLD_TICKET_US:
        return case.wait_for_facts(Gate.trouble, "a ticket has been open for more than 3 days")
    return case.wait_for_facts(Gate.trouble, "an invoice is unpaid") if card.unpaid_invoice else None


def in_touch(case: Case) -> Verdict | None:
    """Day one, 11: somebody of ours is talking with them; automated touches wait."""
    last = case.in_touch_us
    if last is None or last <= case.now_us - IN_TOUCH_US or case.touch.purpose is Purpose.transactional:
        return None
    return case.wait(Gate.in_touch, "a person was in touch in the last 3 days", last + IN_TOUCH_US)


def consent(case: Case) -> Verdict | None:
    """A19, P5: suppression wins over everything; marketing needs consent; nobody left to contact refuses."""
    if isinstance(case.recipient, Recipient):
        return None
    if case.card is None:
        return case.wait(Gate.freshness, "the customer's card was not read yet")
    return Verdict(outcome=Outcome.refuse, gate=Gate.consent, reason=f"consent: {case.recipient}")


def holdout(case: Case) -> Verdict | None:
    """A8: the enrollment was drawn into the holdout when it was entered."""
    touch = case.touch
    if not (case.held_out and withholds(touch.kind, touch.action_class, by_person=touch.by_person)):
        return None
    return Verdict(outcome=Outcome.refuse, gate=Gate.holdout, reason="holdout: left alone on purpose, to measure the effect")


def budget(case: Case) -> Verdict | None:
    """A7: so many per person in any 7 days, whatever the channel."""
    contacted = case.left_to(case.user_id)
    allowed = case.limits.contact_budget
    if not is_refusable(case.touch) or contacted.count < allowed:
        return None
    reason = f"{contacted.count} of {allowed} touches in 7 days are used"
    return case.wait(Gate.budget, reason, free_again_us(contacted, allowed, case.now_us))


def cooldown(case: Case) -> Verdict | None:
    """A5: checked at entry only, never between steps; here only campaigns that run outside an enrollment."""
    touch, ended_us = case.touch, case.campaign_ended_us
    is_campaign = touch.kind is not None and PlaybookKind(touch.kind).is_campaign
    if ended_us is None or not is_campaign or touch.enrollment_id is not None or touch.kind in RESCUES:
        return None
    over_us = ended_us + case.limits.cooldown_us
    return case.wait(Gate.cooldown, "another campaign has just ended", over_us) if case.now_us < over_us else None


def quiet_hours(case: Case) -> Verdict | None:
    """R7, A10: in the customer's zone, else the venture's; it moves to 10:00 of the next allowed day."""
    later = case.moved(case.now_us)
    return None if later == case.now_us else case.wait(Gate.quiet_hours, "it is quiet in the customer's zone", later)


def freshness(case: Case) -> Verdict | None:
    """M17: no outreach on stale sources or on a score that too little data covers."""
    if case.touch.purpose is Purpose.transactional:
        return None
    stale = case.around.stale_sources
    if stale:
        return case.wait(Gate.freshness, f"stale source {', '.join(stale)}")
    coverage = case.card.coverage if case.card else None
    if coverage is not None and coverage < case.limits.min_coverage:
        return case.wait_for_facts(Gate.freshness, f"only {coverage:.0%} of the score is covered by data")
    unscored = coverage is None and case.touch.kind in _BY_SCORE
    return case.wait_for_facts(Gate.freshness, "there is no score yet") if unscored else None


def autonomy(case: Case) -> Verdict | None:
    """A9: manual is advice, assisted a draft, auto goes; customers of high value are at most assisted."""
    touch, level = case.touch, case.limits.autonomy_of(case.touch.action_class)
    if touch.approved_by is not None or (level == "auto" and not _needs_approval(case)):
        return None
    expires_us = case.now_us + case.limits.expiry_us
    if level == "manual":
        return Verdict(outcome=Outcome.advise, gate=Gate.autonomy, reason="autonomy: manual, for a person to do", until_us=expires_us, user_id=case.user_id)
    why = "high value" if level == "auto" else "assisted"
    reason = f"autonomy: {why}, waits for its owner's approval"
    return Verdict(outcome=Outcome.draft, gate=Gate.autonomy, reason=reason, until_us=expires_us, user_id=case.user_id)


def _needs_approval(case: Case) -> bool:
    valuable = case.card is not None and is_high_value(case.card.arr_cents, case.limits.high_value_arr)
    return valuable or any(one.scope == APPROVAL for one in case.around.state.pauses)


_Gate = Callable[[Case], Verdict | None]
_SWITCHES: tuple[_Gate, ...] = (expiry, mode, pauses, hands_off)
_ORDER: tuple[_Gate, ...] = (trouble, in_touch, consent, holdout, budget, cooldown, quiet_hours, freshness, autonomy)
