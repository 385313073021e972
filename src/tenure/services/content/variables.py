"""Every variable a template may use, declared once: checks, documentation and samples follow from it."""

from __future__ import annotations

import msgspec


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One variable. `internal`: for scripts and titles only, never in what a customer reads."""

    name: str
    help: str
    internal: bool = False
    is_call: bool = False


def _public(name: str, help: str) -> Variable:
    return Variable(name=name, help=help)


def _internal(name: str, help: str) -> Variable:
    return Variable(name=name, help=help, internal=True)


VARIABLES = {
    one.name: one
    for one in (
        _public("customer.name", "The customer's name; \"your team\" in messages to one without."),
        _public("customer.plan", "The plan, as the source names it."),
        _public("customer.industry", "The industry, as the source names it."),
        _public("customer.renewal_date", "Such as 3 March 2026."),
        _public("customer.tenure_days", "Whole days since the start of the current spell."),
        _public("customer.features_used", "A list of names of features in use; may be empty."),
        _public("customer.seats", "Seats bought."),
        _internal("customer.id", "The caller's own id."),
        _internal("customer.score", "The published health score."),
        _internal("customer.previous_score", "The published score before."),
        _internal("customer.health_status", "healthy, at risk or critical."),
        _internal("customer.reasons", "A list of sentences: where points were lost, the most first."),
        _internal("customer.arr", "Revenue a year, with currency."),
        _internal("customer.open_tickets", "How many tickets are open."),
        _internal("customer.unpaid_invoice", "True while an invoice is unpaid."),
        _internal("customer.last_login", "Such as 3 March 2026; never."),
        _internal("customer.active_users", "People active in the last 30 days."),
        _public("contact.name", "Name of the person written to or called."),
        _public("contact.first_name", "First name; \"there\" when there is none, as in Hi there."),
        _internal("contact.role", "Role at the customer's; may be empty."),
        _public("owner.name", "Who looks after the customer at your company; else the team."),
        _public("owner.first_name", "The owner's first name; else the team."),
        _public("product.name", "The name of your product."),
        _public("product.team", "How the team signs."),
        _public("link.unsubscribe", "One click, no more marketing mail. Every marketing template carries it."),
        _public("link.survey", "In surveys: the page with the question."),
        _public("link.meeting", "Books a meeting; empty where none is set up."),
        Variable(
            name="link.cta",
            help='link.cta("guide"): a tracked link to an address of [product.links] in tenure.toml; empty where it has none.',
            is_call=True,
        ),
        _public("offer.percent", "In offers: percent off."),
        _public("offer.months", "In offers: for how many months."),
        _public("invitation.when", "In messages with an invitation: day, hour and zone of the proposed meeting."),
        _public("invitation.minutes", "In messages with an invitation: how long."),
    )
}
GROUPS = tuple(dict.fromkeys(name.split(".")[0] for name in VARIABLES))


def reference_markdown() -> str:
    """The table of variables for the documentation."""
    lines = ["| variable | what it is | where |", "|---|---|---|"]
    for one in VARIABLES.values():
        where = "scripts and titles" if one.internal else "everywhere"
        lines.append(f"| `{one.name}` | {one.help} | {where} |")
    return "\n".join(lines) + "\n"
