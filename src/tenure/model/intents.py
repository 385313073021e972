"""What a rule wants done: data with a key, so that wanting it twice is once. Services carry them out.

The transaction that moves a chain or an enrollment also writes its intents; a dispatcher then hands each to the service of
its kind. Handlers are idempotent by `key`: killed between doing and ticking off, doing it again changes nothing.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tenure.model.cause import Cause
from tenure.model.contacts import LoggedContact
from tenure.model.touches import Response


class StartPlaybook(msgspec.Struct, frozen=True, kw_only=True, tag="start_playbook", omit_defaults=True):
    """Enroll the customer in the live playbook of this key, unless entry rules say no."""

    playbook: str
    customer_id: str
    entry_key: str = ""
    """What makes this entry one: twice the same is once. Empty: the day of entry."""


class EndPlaybooks(msgspec.Struct, frozen=True, kw_only=True, tag="end_playbooks", omit_defaults=True):
    """End the customer's running enrollments (only of `playbook`, when named) and withdraw what waits."""

    customer_id: str
    reason: str
    playbook: str | None = None


class RaiseAlert(msgspec.Struct, frozen=True, kw_only=True, tag="raise_alert", omit_defaults=True):
    """Tell the team. `kind` is a key of `alert_answer_hours`; who and where follows from it and the customer."""

    kind: str
    title: str
    customer_id: str | None = None
    details: dict[str, object] = {}


class CreateTask(msgspec.Struct, frozen=True, kw_only=True, tag="create_task", omit_defaults=True):
    """Something a person has to do. `assignee` is an owner's name or a role (`owner`, `lead`, `chairman`, `admin`, `eva`)."""

    kind: str
    title: str
    due_us: int
    customer_id: str | None = None
    assignee: str = "owner"
    priority: str = "normal"
    script: str = ""
    details: dict[str, object] = {}


class AskDecision(msgspec.Struct, frozen=True, kw_only=True, tag="ask_decision", omit_defaults=True):
    """Something the chairman (or a rung below) decides. See `tenure.model.decisions`."""

    kind: str
    title: str
    customer_id: str | None = None
    context: dict[str, object] = {}
    recommendation: str = ""
    options: tuple[str, ...] = ()
    people: int = 0
    revenue_cents: int = 0
    cost_cents: int = 0
    undoable: bool = True
    rung: str = "chairman"
    joins_daily: bool = False
    """Below `high_value_arr`: answered in the one daily decision (A12)."""


class SendSurvey(msgspec.Struct, frozen=True, kw_only=True, tag="send_survey", omit_defaults=True):
    """Ask this customer (or one of its people) one survey, through outreach like every other touch."""

    survey: str
    customer_id: str
    user_id: str | None = None
    exempt_from_interval: bool = False


class WriteCrm(msgspec.Struct, frozen=True, kw_only=True, tag="write_crm"):
    """Fields of the customer's record in the CRM."""

    customer_id: str
    fields: dict[str, object]


class LogContact(msgspec.Struct, frozen=True, kw_only=True, tag="log_contact"):
    """What a person of the team did with the customer, for the CRM (Day one, 4)."""

    contact: LoggedContact

    @property
    def customer_id(self) -> str:
        return self.contact.customer_id


class OpenIncident(msgspec.Struct, frozen=True, kw_only=True, tag="open_incident", omit_defaults=True):
    """A safety rule tripped: pause `scope` now, ask questions after."""

    rule: str
    scope: str
    title: str
    evidence: dict[str, object] = {}


class RunJob(msgspec.Struct, frozen=True, kw_only=True, tag="run_job", omit_defaults=True):
    """Ask the worker for a job (refresh, restart a campaign, sync)."""

    job: str
    args: dict[str, object] = {}


class WriteFinding(msgspec.Struct, frozen=True, kw_only=True, tag="write_finding", omit_defaults=True):
    """A finding for the next-stage report."""

    section: str
    title: str
    details: dict[str, object] = {}


class RecordResponse(msgspec.Struct, frozen=True, kw_only=True, tag="record_response"):
    """A person of the team heard from the customer (a call reached): it becomes a response like any other."""

    response: Response

    @property
    def customer_id(self) -> str:
        return self.response.customer_id


class ApproveTouches(msgspec.Struct, frozen=True, kw_only=True, tag="approve_touches", omit_defaults=True):
    """Drafts, by key, that a decision let go or refused; `changes` (subject, text, html) take the place of what they say."""

    keys: tuple[str, ...]
    approve: bool = True
    by: str = ""
    why: str = ""
    changes: dict[str, object] = {}


class ChangeControl(msgspec.Struct, frozen=True, kw_only=True, tag="change_control", omit_defaults=True):
    """Pause or resume a scope. `action`: pause or resume."""

    action: str
    scope: str
    by: str
    why: str = ""


class ChangeParameters(msgspec.Struct, frozen=True, kw_only=True, tag="change_parameters", omit_defaults=True):
    """Parameters a decision changed, by name; `segment` empty for the whole venture."""

    changes: dict[str, object]
    by: str
    why: str = ""
    segment: str = ""


class PublishVersion(msgspec.Struct, frozen=True, kw_only=True, tag="publish_version", omit_defaults=True):
    """Make a version live that waited for a yes. `what`: playbook, trigger or scorecard; version None retires it."""

    what: str
    name: str
    by: str
    version: int | None = None
    why: str = ""


class TakeOut(msgspec.Struct, frozen=True, kw_only=True, tag="take_out"):
    """Hands off a customer until a time (Day one, 1): out of all automation, what waits is withdrawn."""

    customer_id: str
    until_us: int
    reason: str
    by: str


class TakeOver(msgspec.Struct, frozen=True, kw_only=True, tag="take_over", omit_defaults=True):
    """A person takes a chain out of the machine's hands: it ends as taken over."""

    execution_id: int
    by: str
    why: str = ""


class AssignPerson(msgspec.Struct, frozen=True, kw_only=True, tag="assign_person", omit_defaults=True):
    """This person looks after the customer from now on, whatever the record's owner says (A22)."""

    customer_id: str
    person: str
    by: str
    why: str = ""


class SendCorrection(msgspec.Struct, frozen=True, kw_only=True, tag="send_correction", omit_defaults=True):
    """Tell everybody the faulty run of an incident touched that it was wrong."""

    incident_id: int
    subject: str
    text: str
    by: str


Wish = (
    StartPlaybook
    | EndPlaybooks
    | RaiseAlert
    | CreateTask
    | AskDecision
    | SendSurvey
    | WriteCrm
    | LogContact
    | OpenIncident
    | RunJob
    | WriteFinding
    | RecordResponse
    | ApproveTouches
    | ChangeControl
    | ChangeParameters
    | PublishVersion
    | TakeOut
    | TakeOver
    | AssignPerson
    | SendCorrection
)


class IntentState(StrEnum):
    pending = "pending"
    done = "done"
    refused = "refused"


class Intent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A wish with its key and cause. `not_before_us`: carried out no earlier."""

    key: str
    wish: Wish
    cause: Cause
    not_before_us: int = 0

    @property
    def kind(self) -> str:
        """The tag of its wish."""
        return str(self.wish.__struct_config__.tag)

    @property
    def customer_id(self) -> str | None:
        """Whom it is about, if anybody."""
        return getattr(self.wish, "customer_id", None)
