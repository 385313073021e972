"""Tasks: given to whoever is there, handed over, closed with an outcome that the loop hears."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tenure.errors import BadInput, NotFound, Refused
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.contacts import ContactKind, ContactOutcome, LoggedContact
from tenure.model.intents import AssignPerson, CreateTask, Intent, LogContact, RecordResponse
from tenure.model.tasks import CALL_KINDS, Task, TaskOutcome
from tenure.model.touches import ActionClass, Channel, Purpose, Response, ResponseKind
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.store import Stores
from tenure.ports.touches import Touches, WantedTouch
from tenure.rules.notices import Notice, content
from tenure.rules.tasks.due import due_us
from tenure.rules.team import FALLBACK, Team, has_no_arr
from tenure.rules.wording import moment
from tenure.rules.working_time import zone_of

_RESPONSE_OF = {TaskOutcome.reached: ResponseKind.call_reached, TaskOutcome.not_reached: ResponseKind.not_reached}


class TaskService:
    """Carries out `create_task` and `assign_person`; the crew calls `tick`. Closed calls reach outreach as `record_response`."""

    kinds = ("create_task", "assign_person")

    def __init__(
        self, stores: Stores, touches: Touches, venture: Venture, parameters: Callable[[], ParameterSet]
    ) -> None:
        self._stores, self._touches, self._venture, self._parameters = stores, touches, venture, parameters
        self._tasks, self._own = stores.tasks, venture.venture_id

    # --- intents -----------------------------------------------------------------------------------------------------

    def carry_out(self, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
        """Make tasks, assign people; each once by key."""
        notes = self._create([one for one in intents if isinstance(one.wish, CreateTask)], now_us)
        for one in intents:
            if isinstance(one.wish, AssignPerson):
                self.assign(one.wish.customer_id, one.wish.person, by=one.wish.by, why=one.wish.why, now_us=now_us)
                notes[one.key] = "assigned"
        return notes

    def _create(self, intents: Sequence[Intent], now_us: int) -> dict[str, str]:
        customers = sorted({one.customer_id for one in intents if one.customer_id is not None})
        cards = self._stores.cards.get(self._own, customers)
        team, parameters = self._team(now_us), self._parameters()
        notes: dict[str, str] = {}
        wanted: list[Task] = []
        for intent in intents:
            card = cards.get(intent.customer_id or "")
            task = _task(intent, card, team, parameters, now_us)
            if task.is_call and has_no_arr(card):
                notes[intent.key] = "ARR 0: no call task, its e-mail branch goes instead (R6)"
            else:
                wanted.append(task)
        stored = self._tasks.add(self._own, wanted) if wanted else []
        return notes | {one.key: f"task {one.task_id}" for one in stored}

    # --- people ------------------------------------------------------------------------------------------------------

    def close(
        self, task_id: int, outcome: TaskOutcome, *, by: str, minutes: float | None = None, note: str = "", now_us: int,
        found_in: str = "",
    ) -> Task:  # fmt: skip
        """Close it; a call reached becomes a response, a call not reached an attempt (A14). The CRM hears of calls, unless
        this one was `found_in` it.

        Raises `NotFound`, BadInput for an outcome that does not fit or minutes below 0, Refused when it is closed already.
        """
        task = self._tasks.get(self._own, task_id)
        if task.is_call is (outcome is TaskOutcome.done):
            said = "A call was reached or not reached." if task.is_call else "Only calls are reached or not; this one is done."
            raise BadInput(said, "Choose the outcome that fits.")
        if minutes is not None and minutes < 0:
            raise BadInput("Minutes cannot be below 0.", "Say how long it took, or leave it out.")
        intents = [*_heard(task, outcome, by, now_us), *_told(task, outcome, by, note, found_in, now_us)]
        if not self._tasks.close(
            self._own, task_id, outcome=outcome, by=by, minutes=minutes, note=note, intents=intents, now_us=now_us
        ):
            raise Refused(f"Task {task_id} is closed already.", "`tenure tasks list` shows what is open.")
        return self._tasks.get(self._own, task_id)

    def overdue(self, now_us: int) -> Sequence[Task]:
        """Open tasks whose due time has passed, longest first."""
        return self._tasks.overdue(self._own, now_us)

    def absent(self, person: str, deputy: str, *, from_us: int, until_us: int | None, by: str, reason: str, now_us: int) -> int:
        """Day one 7: from then on tasks, alerts and the sender's name are the deputy's; open tasks are handed over at once.

        Returns how many tasks moved. Raises BadInput when nobody by the deputy's name can be told.
        """
        if self._team(now_us).person(deputy) is None:
            raise BadInput("Nobody of the team has the deputy's name or address.", "Add the person first.")
        self._stores.stand_ins.add(
            self._own, person=person, deputy=deputy, from_us=from_us, until_us=until_us, by=by, reason=reason, now_us=now_us
        )
        return self.hand_over(person, deputy, by=by, now_us=now_us) if from_us <= now_us else 0

    def back(self, person: str, *, now_us: int) -> int:
        """An absence ends early (or one that is planned is called off); returns how many. What was handed over stays there.

        Raises NotFound when the person is not away.
        """
        names = self._names(person)
        found = [
            one for one in self._stores.stand_ins.all(self._own)
            if one.customer_id is None and one.person.casefold() in names and one.ended_us is None
            and (one.until_us is None or now_us < one.until_us)
        ]  # fmt: skip
        if not found:
            raise NotFound(f"{person} is not away.", "`tenure tasks absences` lists who is.")
        for one in found:
            self._stores.stand_ins.end(self._own, one.stand_in_id, now_us=now_us)
        return len(found)

    def begin_absences(self, now_us: int) -> int:
        """Open tasks of whoever is away by now go to their deputies: of absences that were planned ahead; returns how many."""
        away = [one for one in self._stores.stand_ins.all(self._own) if one.customer_id is None and one.person and one.holds(now_us)]
        return sum(self.hand_over(one.person, one.deputy, by=one.by or "absence", now_us=now_us) for one in away)

    def hand_over(self, person: str, to: str, *, by: str, now_us: int) -> int:
        """Bulk reassignment of everything open; whose it was stays in each task."""
        names = self._names(person)
        if not any(one.casefold() in names for one in self._tasks.assignees(self._own)):
            return 0
        new = self._team(now_us).person(to)
        mine = [one.task_id for one in self._tasks.list(self._own) if one.assignee.casefold() in names]
        return self._tasks.reassign(self._own, mine, assignee=new.email if new is not None else to, by=by, now_us=now_us)

    def _names(self, person: str) -> set[str]:
        """A person's name and address, whichever was said."""
        names = {person.casefold()}
        for one in self._stores.people.all(self._own):
            if person.casefold() in (one.name.casefold(), one.email.casefold()):
                names |= {one.name.casefold(), one.email.casefold()}
        return names

    def assign_all(self, customer_ids: Sequence[str], person: str, *, by: str, why: str, now_us: int) -> int:
        """Bulk reassignment of customers; who looked after each before stays in the record. Returns how many.

        Raises BadInput when nobody of the team has the name.
        """
        if self._team(now_us).person(person) is None:
            raise BadInput("Nobody of the team has this name or address.", "Add the person first.")
        for customer_id in customer_ids:
            self.assign(customer_id, person, by=by, why=why, now_us=now_us)
        return len(customer_ids)

    def assign(self, customer_id: str, person: str, *, by: str, why: str, now_us: int) -> None:
        """A22: this person looks after the customer; its open tasks are theirs."""
        self._stores.stand_ins.add(
            self._own, customer_id=customer_id, deputy=person, from_us=now_us, by=by, reason=why, now_us=now_us
        )
        new = self._team(now_us).person(person)
        mine = [one.task_id for one in self._tasks.of_customers(self._own, [customer_id])]
        self._tasks.reassign(self._own, mine, assignee=new.email if new is not None else person, by=by, now_us=now_us)

    # --- what a tick does --------------------------------------------------------------------------------------------

    def tick(self, now_us: int) -> dict[str, int]:
        return {"handed_over": self.begin_absences(now_us), "escalated": self.escalate(now_us)}

    def escalate(self, now_us: int) -> int:
        """Overdue tasks of high priority (also those of RETENTION-003's plan, A24) are told to the team lead, once each."""
        late = [one for one in self.overdue(now_us) if one.priority == "high" and one.escalated_us is None]
        if not late:
            return 0
        zone = zone_of(self._parameters().text("venture_timezone"))
        told = self._team(now_us).first(*FALLBACK)
        wanted = [_late(one, place, person.email, moment(one.due_us, zone), now_us) for one in late for place, person in enumerate(told)]
        if wanted:
            self._touches.want(self._own, wanted, now_us=now_us)
        self._tasks.escalated(self._own, [one.task_id for one in late], now_us=now_us)
        return len(late)

    def _team(self, now_us: int) -> Team:
        return Team(self._stores.people.all(self._own), self._stores.stand_ins.all(self._own), now_us)


def _task(intent: Intent, card: CustomerCard | None, team: Team, parameters: ParameterSet, now_us: int) -> Task:
    wish = intent.wish
    assert isinstance(wish, CreateTask)
    found = team.named(wish.assignee, card)
    is_call = wish.kind in CALL_KINDS or wish.kind.endswith("_call")
    return Task(
        task_id=0,
        key=intent.key,
        kind=wish.kind,
        title=wish.title,
        assignee=found[0].email if found else wish.assignee,
        created_us=now_us,
        due_us=due_us(wish.kind, wish.due_us, is_call, card, parameters, now_us),
        customer_id=wish.customer_id,
        execution_id=intent.cause.execution_id,
        enrollment_id=intent.cause.enrollment_id,
        priority=wish.priority,
        script=wish.script,
        details=wish.details,
    )


def _heard(task: Task, outcome: TaskOutcome, by: str, now_us: int) -> list[Intent]:
    """What the loop hears of a closed call."""
    kind = _RESPONSE_OF.get(outcome)
    if kind is None or task.customer_id is None:
        return []
    details: dict[str, object] = {"task_id": task.task_id, "execution_id": task.execution_id, "enrollment_id": task.enrollment_id}
    response = Response(key=f"task:{task.task_id}", kind=kind, occurred_us=now_us, customer_id=task.customer_id, details=details)
    cause = Cause(kind=CauseKind.person, person=by, execution_id=task.execution_id, enrollment_id=task.enrollment_id)
    return [Intent(key=f"task:{task.task_id}:closed", wish=RecordResponse(response=response), cause=cause)]


def _told(task: Task, outcome: TaskOutcome, by: str, note: str, found_in: str, now_us: int) -> list[Intent]:
    """What the CRM hears of a closed call (Day one, 4)."""
    if found_in or task.customer_id is None or outcome not in _RESPONSE_OF:
        return []
    key = f"task:{task.task_id}:contact"
    said = ContactOutcome(outcome.value)
    contact = LoggedContact(
        key=key, customer_id=task.customer_id, kind=ContactKind.call, outcome=said, at_us=now_us, text=note, by=by
    )
    return [Intent(key=key, wish=LogContact(contact=contact), cause=Cause(kind=CauseKind.person, person=by, execution_id=task.execution_id))]


def _late(task: Task, place: int, email: str, due: str, now_us: int) -> WantedTouch:
    facts = (("Task", task.title), ("Whose", task.assignee), ("Was due", due))
    return WantedTouch(
        key=f"task:{task.task_id}:overdue:{place}",
        channel=Channel.email,
        action_class=ActionClass.internal,
        purpose=Purpose.internal,
        customer_facing=False,
        cause=Cause(kind=CauseKind.schedule, reason=f"task {task.task_id} is overdue", execution_id=task.execution_id),
        due_us=now_us,
        content=content(Notice(title=f"Overdue: {task.title}", facts=facts, footer=f"Task {task.task_id}.")),
        customer_id=task.customer_id,
        execution_id=task.execution_id,
        to=email,
    )
