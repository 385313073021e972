"""Asking: every survey is a touch like any other (gates, budget, suppression), and a row that says it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.intents import CreateTask, Intent, SendSurvey
from tenure.model.touches import ActionClass, Channel, Purpose, Response, ResponseKind
from tenure.parameters import ParameterSet
from tenure.ports.cards import Cards
from tenure.ports.intents import Intents
from tenure.ports.surveys import Deployment, Deployments
from tenure.ports.touches import Touches, WantedTouch
from tenure.rules.surveys import (
    EXEMPT_FROM_INTERVAL,
    NPS,
    Asked,
    Asking,
    is_detractor,
    lost_before_us,
    needs_reminder,
    turn_of,
)
from tenure.services.surveys.texts import SurveyText, survey_texts

FOLLOW_UP_HOURS = 48
REMINDERS_LOOK_BACK_DAYS = 14
Render = Callable[[SurveyText, CustomerCard, str], Mapping[str, object]]
"""The mail of a survey for a customer with this subject template: content of a touch."""


class SurveyService:
    """Carries out `send_survey`; deploys NPS at milestones and intervals; reminds; hears answers.

    Args:
        render: writes the mail (the content service, handed in).
        parameters: gives the venture's parameters as they are now, for a customer's segment.
    """

    kinds = ("send_survey",)

    def __init__(
        self,
        venture_id: int,
        deployments: Deployments,
        touches: Touches,
        intents: Intents,
        cards: Cards,
        render: Render,
        parameters: Callable[[CustomerCard | None], ParameterSet],
    ) -> None:
        self._venture_id, self._deployments, self._touches = venture_id, deployments, touches
        self._intents, self._cards = intents, cards
        self._render, self._parameters = render, parameters

    # --- asking ------------------------------------------------------------------------------------------------------

    def carry_out(self, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
        """Ask what chains and playbooks want asked; the interval holds for those that are not exempt."""
        wishes = [(one, one.wish) for one in intents if isinstance(one.wish, SendSurvey)]
        cards = self._cards.get(self._venture_id, sorted({wish.customer_id for _, wish in wishes}))
        notes: dict[str, str] = {}
        wanted: list[tuple[WantedTouch, Deployment]] = []
        for intent, wish in wishes:
            card = cards.get(wish.customer_id)
            if card is None:
                notes[intent.key] = "no card of this customer"
            elif self._asked_lately(wish, card, now_us):
                notes[intent.key] = "asked within the survey interval"
            else:
                notes[intent.key] = ""
                wanted.append(self._asking(wish.survey, card, intent.cause, f"survey:{intent.key}", now_us))
        self._ask(wanted, now_us)
        return notes

    def deploy_nps(
        self, cards: Iterable[CustomerCard], live_since_us: int, passed_before_live: frozenset[str], now_us: int
    ) -> int:
        """Ask those of these customers whose turn it is; returns how many were asked."""
        there = list(cards)
        last = self._deployments.last(self._venture_id, NPS, [card.customer_id for card in there])
        cause = Cause(kind=CauseKind.schedule, reason="NPS milestone or interval")
        wanted = []
        for card in there:
            asked = last.get(card.customer_id)
            before = card.customer_id in passed_before_live
            if turn_of(card, asked, live_since_us, before, self._parameters(card), now_us) is not Asking.nobody:
                key = f"survey:nps:{card.customer_id}:{now_us // DAY_US}"
                wanted.append(self._asking(NPS, card, cause, key, now_us))
        return self._ask(wanted, now_us)

    def due_again(self, now_us: int) -> Sequence[str]:
        """Customers whose NPS interval is over, by the venture's own interval, or whose message never left: whose cards to look at."""
        oldest_us = now_us - self._parameters(None).integer("nps_survey_interval_days") * DAY_US
        return self._deployments.due_again(self._venture_id, NPS, oldest_us, lost_before_us(now_us))

    def remind(self, now_us: int) -> int:
        """I4: the same survey once more after four days, inside the budget."""
        waiting = self._deployments.waiting(self._venture_id, now_us - REMINDERS_LOOK_BACK_DAYS * DAY_US)
        due = [(key, asked) for key, asked in waiting if asked.survey == NPS and needs_reminder(asked, now_us)]
        cards = self._cards.get(self._venture_id, sorted({asked.customer_id for _, asked in due}))
        cause = Cause(kind=CauseKind.schedule, reason="survey reminder")
        wanted = [
            self._touch(asked.survey, cards[asked.customer_id], cause, f"{key}:reminder", now_us, reminder=True)
            for key, asked in due
            if asked.customer_id in cards
        ]
        self._touches.want(self._venture_id, wanted, now_us=now_us)
        self._deployments.reminded(self._venture_id, [key for key, _ in due], now_us=now_us)
        return len(wanted)

    # --- answers -----------------------------------------------------------------------------------------------------

    def hear(self, responses: Sequence[Response], now_us: int) -> int:
        """Mark what was answered; every detractor gives the owner a follow-up task (I3). Hearing twice is once."""
        tasks: list[Intent] = []
        heard = 0
        answers = [one for one in responses if one.kind is ResponseKind.survey_answered]
        waiting = self._deployments.open_ones(self._venture_id, sorted({one.customer_id for one in answers}))
        for one in answers:
            survey, score = str(one.details.get("survey", NPS)), one.details.get("score")
            number = score if isinstance(score, int) else None
            if (survey, one.customer_id) in waiting:  # each tick hears of two days: most was marked before
                heard += self._deployments.answered(
                    self._venture_id, survey, one.customer_id, score=number, answered_us=one.occurred_us
                )
            if survey == NPS and number is not None and is_detractor(number):
                tasks.append(_follow_up(one, number))
        self._intents.add(self._venture_id, tasks, now_us=now_us)
        return heard

    # --- the parts ---------------------------------------------------------------------------------------------------

    def _asked_lately(self, wish: SendSurvey, card: CustomerCard, now_us: int) -> bool:
        if wish.exempt_from_interval or wish.survey in EXEMPT_FROM_INTERVAL:
            return False
        last: Asked | None = self._deployments.last(self._venture_id, wish.survey, [card.customer_id]).get(card.customer_id)
        interval_us = self._parameters(card).integer("nps_survey_interval_days") * DAY_US
        return last is not None and last.lost is None and now_us - last.deployed_us < interval_us

    def _asking(
        self, survey: str, card: CustomerCard, cause: Cause, key: str, now_us: int
    ) -> tuple[WantedTouch, Deployment]:
        asking = Deployment(key=key, survey=survey, customer_id=card.customer_id, deployed_us=now_us)
        return self._touch(survey, card, cause, key, now_us), asking

    def _touch(
        self, survey: str, card: CustomerCard, cause: Cause, key: str, now_us: int, reminder: bool = False
    ) -> WantedTouch:
        text = survey_texts()[survey]
        subject = text.reminder_subject if reminder else text.subject
        expiry_us = self._parameters(card).integer("touch_expiry_days") * DAY_US
        return WantedTouch(
            key=key,
            channel=Channel.email,
            action_class=ActionClass.survey,
            purpose=Purpose.service,
            customer_facing=True,
            cause=cause,
            due_us=now_us,
            expires_us=now_us + expiry_us,
            content={**self._render(text, card, subject), "survey": survey},
            customer_id=card.customer_id,
            step=survey,
            execution_id=cause.execution_id,
        )

    def _ask(self, wanted: Sequence[tuple[WantedTouch, Deployment]], now_us: int) -> int:
        """The touch first: killed in between, the same asking is written again by its key."""
        self._touches.want(self._venture_id, [touch for touch, _ in wanted], now_us=now_us)
        return self._deployments.add(self._venture_id, [asking for _, asking in wanted])


def _follow_up(answer: Response, score: int) -> Intent:
    wish = CreateTask(
        kind="detractor_follow_up",
        title=f"Follow up on an NPS score of {score}",
        due_us=answer.occurred_us + FOLLOW_UP_HOURS * 3_600_000_000,
        customer_id=answer.customer_id,
        priority="high",
    )
    cause = Cause(kind=CauseKind.schedule, reason="NPS detractor")
    return Intent(key=f"detractor:{answer.key}", wish=wish, cause=cause)
