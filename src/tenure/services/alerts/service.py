"""Alerts: one record each, told where they belong, escalated when nobody answers, judged afterwards.

Records come first, notices after them with keys of their own: killed in between, the intent is carried out again and only
what is missing is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from zoneinfo import ZoneInfo

import msgspec

from tenure.clock import DAY_US, HOUR_US
from tenure.errors import BadInput, NotFound
from tenure.model.alerts import DAILY, DIGEST, JOINT, SINGLE, Alert, AlertPrecision
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.drills import is_drill
from tenure.model.intents import Intent, RaiseAlert
from tenure.model.tasks import LastContact
from tenure.model.touches import ActionClass, Channel, Purpose
from tenure.model.useful import Subject
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.store import Stores
from tenure.ports.touches import Touches, WantedTouch
from tenure.rules.alerts.content import customer_notice, list_line
from tenure.rules.alerts.precision import ends_us, followed_by
from tenure.rules.alerts.routing import CRITICAL, ROUTES, Address, addresses, answer_due_us, escalates_to
from tenure.rules.families import FAMILY, family_key, root_of
from tenure.rules.notices import Button, Notice, content, cut
from tenure.rules.team import Team, has_no_arr, is_high_value
from tenure.rules.working_time import at_hour_us, local_day, zone_of
from tenure.services.useful.links import UsefulLink, UsefulLinks
from tenure.services.useful.service import SLACK_ACTION

DAILY_HOUR = 8
FOLLOWED = "alerts:followed"
"""Cursor: when what followed alerts was last looked at."""


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked up for a pass."""

    cards: Mapping[str, CustomerCard]
    roots: Mapping[str, str]
    """Of each card, the account at the top of its family."""
    contacts: Mapping[str, LastContact]
    team: Team
    parameters: ParameterSet
    zone: ZoneInfo


class AlertService:
    """Carries out `raise_alert`; the crew calls `tick`."""

    kinds = ("raise_alert",)

    def __init__(
        self, stores: Stores, touches: Touches, venture: Venture, parameters: Callable[[], ParameterSet], thumbs: UsefulLinks | None = None
    ) -> None:
        self._stores, self._touches, self._venture, self._parameters = stores, touches, venture, parameters
        self._thumbs = thumbs
        self._alerts, self._own = stores.alerts, venture.venture_id

    # --- raising -----------------------------------------------------------------------------------------------------

    def carry_out(self, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
        """One record per key (I2), then its notices."""
        seen = self._look_up([one.customer_id for one in intents], now_us)
        new = [self._record(intent, seen, now_us) for intent in intents]
        stored = self._alerts.add(self._own, self._placed(new, seen, now_us))
        causes = {one.key: one.cause for one in intents}
        wanted = [touch for one in stored if one.delivery == SINGLE for touch in self._single(one, causes[one.key], seen, now_us)]
        joined = sorted({one.delivery for one in stored if one.delivery.startswith(FAMILY)})
        for delivery in sorted({one.delivery for one in stored if one.delivery.startswith(JOINT)}):
            self._joint(delivery, causes[next(one.key for one in stored if one.delivery == delivery)], seen, now_us)
        self._want(wanted, now_us)
        heads = self._heads(now_us) if joined else {}
        for delivery in joined:
            self._tell_family(delivery.removeprefix(FAMILY), heads, now_us)
        return {one.key: f"alert {one.alert_id}" for one in stored}

    def _record(self, intent: Intent, seen: _Seen, now_us: int) -> Alert:
        wish = intent.wish
        assert isinstance(wish, RaiseAlert)
        card = seen.cards.get(wish.customer_id or "")
        delivery = _delivery(wish, card)
        details = dict(wish.details)
        if card is not None:  # M19 compares with these
            details |= {"score": card.score, "monthly_cents": card.monthly_cents}
            if delivery == SINGLE and wish.kind == CRITICAL:
                details["family"] = family_key(seen.roots[card.customer_id])
        return Alert(
            alert_id=0,
            key=intent.key,
            kind=wish.kind,
            title=wish.title,
            raised_us=now_us,
            customer_id=wish.customer_id,
            execution_id=intent.cause.execution_id,
            details=details,
            delivery=delivery,
            answer_due_us=answer_due_us(wish.kind, now_us, card, seen.parameters) if delivery == SINGLE else None,
        )

    def _placed(self, new: Sequence[Alert], seen: _Seen, now_us: int) -> list[Alert]:
        """Within the alert of their family, alone, or with many."""
        return self._in_crowds(self._in_families(new, seen, now_us), seen, now_us)

    def _in_families(self, new: Sequence[Alert], seen: _Seen, now_us: int) -> list[Alert]:
        """Day one 8: while a critical alert of a family is open, what follows within a day is told in its place."""
        keys = {one.key for one in new}
        heads = {family: head.customer_id for family, head in self._heads(now_us).items() if head.key not in keys}
        placed: list[Alert] = []
        for one in sorted(new, key=lambda one: -_arr(seen.cards.get(one.customer_id or ""))):
            family = _family(one)
            if heads.setdefault(family, one.customer_id) != one.customer_id and family:
                one = msgspec.structs.replace(one, delivery=f"{FAMILY}{family}", answer_due_us=None)
            placed.append(one)
        return placed

    def _heads(self, now_us: int) -> dict[str, Alert]:
        """The alerts that speak for their families now."""
        recent = self._alerts.raised_since(self._own, CRITICAL, now_us - DAY_US)
        return {_family(one): one for one in recent if one.delivery == SINGLE and one.closed_us is None and _family(one)}

    def _tell_family(self, family: str, heads: Mapping[str, Alert], now_us: int) -> None:
        """The family's one alert, with everybody who joined it named; its messages are replaced where they are (I2)."""
        head = heads.get(family)
        if head is None:  # closed this moment: the record stays in the list
            return
        theirs = [one for one in self._alerts.of_delivery(self._own, f"{FAMILY}{family}") if one.raised_us >= head.raised_us]
        known = self._look_up([head.customer_id, *(one.customer_id for one in theirs)], now_us)
        for key, _, said in self._told(head, known, theirs):
            self._touches.revise(self._own, key, said, now_us=now_us)

    def _in_crowds(self, new: Sequence[Alert], seen: _Seen, now_us: int) -> list[Alert]:
        """K4: more than `alerts_per_hour` critical alerts become one message with a list."""
        critical = [one for one in new if one.kind == CRITICAL and one.delivery == SINGLE and not is_drill(one.customer_id)]
        if not critical:
            return list(new)
        keys = {one.key for one in new}
        earlier = [one for one in self._alerts.raised_since(self._own, CRITICAL, now_us - HOUR_US + 1)
                   if one.delivery == SINGLE and one.key not in keys and not is_drill(one.customer_id)]  # fmt: skip
        if len(earlier) + len(critical) <= seen.parameters.integer("alerts_per_hour"):
            return list(new)
        joint = f"{JOINT}{CRITICAL}:{now_us // HOUR_US}"
        crowd = {one.key for one in critical}
        return [msgspec.structs.replace(one, delivery=joint) if one.key in crowd else one for one in new]

    # --- telling -----------------------------------------------------------------------------------------------------

    def _single(self, alert: Alert, cause: Cause, seen: _Seen, now_us: int) -> list[WantedTouch]:
        return [self._touch(key, place, said, alert, cause, now_us) for key, place, said in self._told(alert, seen)]

    def _told(self, alert: Alert, seen: _Seen, family: Sequence[Alert] = ()) -> list[tuple[str, Address, dict[str, object]]]:
        """Key, place and words of each of its messages. Of an account under a parent the parent's owner is told."""
        card = seen.cards.get(alert.customer_id or "")
        also = alert.details.get("also")
        roles = [str(one) for one in also] if isinstance(also, list | tuple) else []
        notice = self._with_family(self._notice(alert, card, seen), card, family, seen)
        places = addresses(alert.kind, self._of_the_parent(card, seen), roles, seen.team, seen.parameters)
        return [
            (f"alert:{alert.alert_id}:{number}", place, content(self._with_thumbs(notice, alert, place, seen)))
            for number, place in enumerate(places)
        ]

    def _of_the_parent(self, card: CustomerCard | None, seen: _Seen) -> CustomerCard | None:
        """The card as far as it says whose it is: of a child the parent's owner, where it has one."""
        if card is None or seen.roots[card.customer_id] == card.customer_id:
            return card
        root = seen.roots[card.customer_id]
        owner = self._parent(root, seen)[1] or card.owner
        return msgspec.structs.replace(card, customer_id=root, owner=owner)

    def _parent(self, root: str, seen: _Seen) -> tuple[str, str | None]:
        """Name and owner of the account at the top: from its card, else as it was published."""
        if root in seen.cards:
            return seen.cards[root].name or root, seen.cards[root].owner
        try:
            profile = self._stores.health.get(self._own, root).profile
        except NotFound:
            return root, None
        return profile.name or root, profile.owner

    def _with_family(self, notice: Notice, card: CustomerCard | None, family: Sequence[Alert], seen: _Seen) -> Notice:
        if card is None or (not family and seen.roots[card.customer_id] == card.customer_id):
            return notice
        facts = (*notice.facts, ("Family", self._parent(seen.roots[card.customer_id], seen)[0]))
        lines = [list_line(seen.cards.get(one.customer_id or ""), one.customer_id, self._venture.currency) for one in family]
        also = ("Also critical in this family:", *cut(lines)) if lines else ()
        return msgspec.structs.replace(notice, facts=facts, lines=(*notice.lines, *also))

    def _with_thumbs(self, notice: Notice, alert: Alert, place: Address, seen: _Seen) -> Notice:
        """Day one 14: buttons on Slack, signed links in mail."""
        if self._thumbs is None:
            return notice
        person = seen.team.person(place.to) if place.channel is Channel.email else None
        by, ref = place.to if person is None else person.name, str(alert.alert_id)

        def button(label: str, is_useful: bool) -> Button:
            thumb = "up" if is_useful else "down"
            link = UsefulLink(subject=Subject.alert, ref=ref, is_useful=is_useful, by=by)
            url = self._thumbs.url(link) if self._thumbs is not None and place.channel is Channel.email else ""
            return Button(label=label, action=f"{SLACK_ACTION}:{thumb}", value=f"{Subject.alert.value}|{ref}|{thumb}", url=url)

        return msgspec.structs.replace(notice, buttons=(*notice.buttons, button("Useful", True), button("Not useful", False)))

    def _notice(self, alert: Alert, card: CustomerCard | None, seen: _Seen) -> Notice:
        footer = f"Alert {alert.alert_id}. `tenure alerts ack {alert.alert_id}` says somebody is on it."
        if card is None:
            facts = tuple((name.replace("_", " ").capitalize(), str(value)) for name, value in alert.details.items() if name != "also")
            return Notice(title=alert.title, facts=facts, footer=footer)
        owner = seen.team.owner(card.customer_id, card.owner)
        return customer_notice(
            alert.title,
            card,
            seen.contacts.get(card.customer_id),
            owner.name if owner is not None else card.owner or "",
            high_value=is_high_value(card, seen.parameters),
            currency=self._venture.currency,
            zone=seen.zone,
            footer=footer,
        )

    def _joint(self, delivery: str, cause: Cause, seen: _Seen, now_us: int) -> None:
        """One message for all of an hour; when more come the same message says so, in its place (I2)."""
        members = self._alerts.of_delivery(self._own, delivery)
        cards = self._stores.cards.get(self._own, [one.customer_id for one in members if one.customer_id is not None])
        ordered = sorted(members, key=lambda one: (-_arr(cards.get(one.customer_id or "")), one.alert_id))
        said = self._list(ordered, cards, "in this hour")
        key, place = f"alerts:{delivery}", Address(Channel.slack, seen.parameters.text("critical_slack_channel"))
        if not self._touches.want(self._own, [self._touch(key, place, said, None, cause, now_us)], now_us=now_us):
            self._touches.revise(self._own, key, said, now_us=now_us)
        theirs: dict[str, list[Alert]] = {}
        for alert in ordered:
            for person in seen.team.responsible(cards.get(alert.customer_id or "")):
                theirs.setdefault(person.email, []).append(alert)
        self._want(
            [self._touch(f"{key}:{_digest(mail)}", Address(Channel.email, mail), self._list(mine, cards, "of yours in this hour"), None, cause, now_us)
             for mail, mine in sorted(theirs.items())],
            now_us,
        )  # fmt: skip

    def _list(self, alerts: Sequence[Alert], cards: Mapping[str, CustomerCard], which: str) -> dict[str, object]:
        """One message about many."""
        lines = [list_line(cards.get(one.customer_id or ""), one.customer_id, self._venture.currency) for one in alerts]
        footer = "`tenure alerts list` lists them all."
        return content(Notice(title=f"{len(alerts)} critical customers {which}", lines=cut(lines), footer=footer))

    # --- people answer -----------------------------------------------------------------------------------------------

    def acknowledge(self, alert_id: int, *, by: str, now_us: int) -> bool:
        """Somebody is on it: it is not escalated any more (K4). False: it was acknowledged before."""
        return self._alerts.acknowledge(self._own, alert_id, by=by, now_us=now_us)

    def snooze(self, alert_id: int, *, until_us: int | None, by: str, now_us: int) -> bool:
        """Not before its end (K4). Raises BadInput without an end in the future."""
        if until_us is None or until_us <= now_us:
            raise BadInput("A snoozed alert needs an end in the future.", "Say until when.")
        return self._alerts.snooze(self._own, alert_id, until_us=until_us, by=by, now_us=now_us)

    def close(self, alert_id: int, *, was_real: bool | None, by: str, note: str = "", now_us: int) -> bool:
        """Closing asks one question: a real problem? (M19). Raises BadInput without its answer."""
        if was_real is None:
            raise BadInput("Closing an alert asks one thing: was it a real problem?", "Say --real or --not-real.")
        return self._alerts.close(self._own, alert_id, was_real=was_real, by=by, note=note, now_us=now_us)

    # --- what a tick does --------------------------------------------------------------------------------------------

    def tick(self, now_us: int) -> dict[str, int]:
        return {"escalated": self.escalate(now_us), "daily": self.daily(now_us), "followed": self.follow(now_us)}

    def escalate(self, now_us: int) -> int:
        """Alerts whose answer time passed go to the next rung, once."""
        late = self._alerts.unanswered(self._own, now_us)
        if not late:
            return 0
        seen = self._look_up([one.customer_id for one in late], now_us)
        wanted = []
        for alert in late:
            card = seen.cards.get(alert.customer_id or "")
            notice = self._notice(alert, card, seen)
            said = content(msgspec.structs.replace(notice, title=f"Not answered: {notice.title}"))
            cause = Cause(kind=CauseKind.schedule, execution_id=alert.execution_id, reason=f"alert {alert.alert_id} not answered")
            wanted += [self._touch(f"alert:{alert.alert_id}:escalated:{place}", one, said, alert, cause, now_us)
                       for place, one in enumerate(escalates_to(card, seen.team))]  # fmt: skip
        self._want(wanted, now_us)
        self._alerts.escalated(self._own, [one.alert_id for one in late], now_us=now_us)
        return len(late)

    def daily(self, now_us: int) -> int:
        """R6: customers with ARR 0 appear in one list a day, at 08:00 of the venture's day."""
        parameters = self._parameters()
        zone = zone_of(parameters.text("venture_timezone"))
        at_us = at_hour_us(now_us, zone, DAILY_HOUR)
        if now_us < at_us:
            return 0
        recent = self._alerts.raised_since(self._own, CRITICAL, at_us - 24 * HOUR_US)
        listed = [one for one in recent if one.delivery == DAILY and one.raised_us < at_us]
        if not listed:
            return 0
        cards = self._stores.cards.get(self._own, [one.customer_id for one in listed if one.customer_id is not None])
        said = self._list(listed, cards, "without revenue since yesterday")
        place = Address(Channel.slack, parameters.text("success_slack_channel"))
        cause = Cause(kind=CauseKind.schedule, reason="daily list of critical customers with ARR 0")
        touch = self._touch(f"alerts:daily:{local_day(at_us, zone)}", place, said, None, cause, now_us)
        return self._touches.want(self._own, [touch], now_us=now_us)

    def follow(self, now_us: int) -> int:
        """M19: note what followed alerts nobody labelled; returns how many were noted.

        Only a newer card or the end of the 60 days can say something new: the others were looked at before.
        """
        last = self._stores.cursors.get(self._own, FOLLOWED)
        since_us = min(int(last), now_us) if last else 0
        waiting = self._alerts.unlabelled(self._own, seen_since_us=since_us, raised_until_us=ends_us(now_us))
        cards = self._stores.cards.get(self._own, sorted({one.customer_id for one in waiting if one.customer_id is not None}))
        notes = {one.alert_id: note for one in waiting if (note := followed_by(one, cards.get(one.customer_id or ""), now_us)) is not None}
        if notes:
            self._alerts.followed(self._own, notes)
        self._stores.cursors.set(self._own, FOLLOWED, str(now_us))
        return len(notes)

    def precision(self, since_us: int, until_us: int) -> AlertPrecision:
        """M19 over the alerts raised in [since, until)."""
        return self._alerts.precision(self._own, since_us, until_us)

    # --- small things ------------------------------------------------------------------------------------------------

    def _look_up(self, customer_ids: Sequence[str | None], now_us: int) -> _Seen:
        wanted = sorted({one for one in customer_ids if one is not None})
        parameters = self._parameters()
        cards = dict(self._stores.cards.get(self._own, wanted))
        above = {one.parent_id for one in cards.values() if one.parent_id is not None} - cards.keys()
        while new := self._stores.cards.get(self._own, sorted(above)) if above else {}:
            cards |= new
            above = {one.parent_id for one in new.values() if one.parent_id is not None} - cards.keys()
        parents = {one.customer_id: one.parent_id for one in cards.values()}
        return _Seen(
            cards=cards,
            roots={one: root_of(one, parents) for one in cards},
            contacts=self._stores.contacts.last(self._own, wanted),
            team=Team(self._stores.people.all(self._own), self._stores.stand_ins.all(self._own), now_us),
            parameters=parameters,
            zone=zone_of(parameters.text("venture_timezone")),
        )

    def _touch(
        self, key: str, place: Address, said: dict[str, object], alert: Alert | None, cause: Cause, now_us: int
    ) -> WantedTouch:
        """A notice about one customer's alert, or (None) about many."""
        return WantedTouch(
            key=key,
            channel=place.channel,
            action_class=ActionClass.internal,
            purpose=Purpose.internal,
            customer_facing=False,
            cause=cause,
            due_us=now_us,
            content=said,
            customer_id=None if alert is None else alert.customer_id,
            execution_id=None if alert is None else alert.execution_id,
            to=place.to,
        )

    def _want(self, wanted: Sequence[WantedTouch], now_us: int) -> None:
        if wanted:
            self._touches.want(self._own, wanted, now_us=now_us)


def _delivery(wish: RaiseAlert, card: CustomerCard | None) -> str:
    """R6: ARR 0 in the daily list. Day one 13: what is about a customer and not critical waits for the morning."""
    if wish.kind == CRITICAL:
        return DAILY if has_no_arr(card) else SINGLE
    return DIGEST if wish.customer_id is not None and wish.kind not in ROUTES else SINGLE


def _family(alert: Alert) -> str:
    """The key of its family; empty for alerts that are told in another way."""
    return str(alert.details.get("family") or "")


def _digest(mail: str) -> str:
    """So that no address stands in a key."""
    return sha256(mail.casefold().encode()).hexdigest()[:16]


def _arr(card: CustomerCard | None) -> int:
    return 0 if card is None or card.arr_cents is None else card.arr_cents
