"""The words of the invented company: names, plans, features, event kinds, comments. Nobody here is real."""

from __future__ import annotations

import json
from dataclasses import dataclass

CAUSES = ("poor_fit", "poor_onboarding", "product_friction", "champion_left", "price_pressure")
"""Why customers leave of their own will; the order is the row order of every cause matrix."""
PAYMENT_FAILED = "payment_failed"
"""The sixth cause, apart from the others: involuntary churn."""
ALL_CAUSES = (*CAUSES, PAYMENT_FAILED)

STATUSES = ("", "trial", "active", "cancelling", "churned", "paused")
UNBORN, TRIAL, ACTIVE, CANCELLING, CHURNED, PAUSED = range(6)


@dataclass(frozen=True)
class Plan:
    """A price plan: share of customers, typical seats (log-normal), monthly price of a seat."""

    name: str
    share: float
    seats_median: float
    seats_spread: float
    seat_price_cents: int
    annual_share: float


PLANS = (
    Plan("free", 0.07, 2, 0.4, 0, 0.0),
    Plan("basic", 0.43, 3, 0.5, 1900, 0.10),
    Plan("professional", 0.35, 8, 0.6, 3900, 0.28),
    Plan("enterprise", 0.15, 32, 0.7, 5900, 0.65),
)
INDUSTRIES = (
    "Software",
    "Retail",
    "Healthcare",
    "Finance",
    "Manufacturing",
    "Education",
    "Logistics",
    "Media",
)
INDUSTRY_SHARES = (0.24, 0.15, 0.12, 0.13, 0.12, 0.09, 0.08, 0.07)
OWNERS = tuple(f"{name}@example.com" for name in ("ana", "ben", "chiara", "dev", "elif", "femi"))


@dataclass(frozen=True)
class Region:
    """Where a customer lives: zone, language, currency."""

    timezone: str
    language: str
    currency: str
    share: float


REGIONS = (
    Region("America/New_York", "en", "USD", 0.28),
    Region("America/Chicago", "en", "USD", 0.14),
    Region("America/Los_Angeles", "en", "USD", 0.16),
    Region("Europe/London", "en", "GBP", 0.13),
    Region("Europe/Berlin", "de", "EUR", 0.11),
    Region("Europe/Paris", "fr", "EUR", 0.07),
    Region("Europe/Madrid", "es", "EUR", 0.04),
    Region("Asia/Singapore", "en", "USD", 0.04),
    Region("Australia/Sydney", "en", "USD", 0.03),
)

RATES = (
    ("EUR", "2000-01-01", "1.10"), ("EUR", "2025-07-01", "1.17"), ("GBP", "2000-01-01", "1.30"), ("GBP", "2025-07-01", "1.34"),
)  # fmt: skip
"""What one unit of a currency is worth in the company's own (USD), from a day on: as invented as the company."""

FEATURES = (
    "dashboards",
    "reports",
    "automations",
    "integrations",
    "api",
    "alerts",
    "forecasting",
    "templates",
    "sharing",
    "permissions",
)
FEATURE_PULL = (0.050, 0.036, 0.014, 0.012, 0.004, 0.013, 0.004, 0.016, 0.021, 0.007)
"""Chance per day that an engaged customer adopts the feature."""
ROLES = ("owner", "admin", "member", "viewer")


@dataclass(frozen=True)
class EventKind:
    """One event name, how common it is in a session, the feature it needs, and the properties it may carry."""

    name: str
    weight: float
    feature: str | None = None
    properties: tuple[dict[str, object], ...] = ({},)


EVENT_KINDS = (
    EventKind(
        "page_viewed", 30, None, tuple({"page": page} for page in ("home", "list", "detail", "settings"))
    ),
    EventKind("record_created", 16, None, tuple({"type": kind} for kind in ("task", "note", "project"))),
    EventKind("search_run", 12),
    EventKind("comment_added", 9),
    EventKind("file_uploaded", 5, None, tuple({"kind": kind} for kind in ("pdf", "csv", "image"))),
    EventKind("dashboard_viewed", 12, "dashboards", tuple({"widgets": count} for count in (3, 6, 9))),
    EventKind("report_exported", 6, "reports", tuple({"format": kind} for kind in ("pdf", "csv", "xlsx"))),
    EventKind("automation_run", 5, "automations"),
    EventKind(
        "integration_synced", 4, "integrations", tuple({"name": name} for name in ("mail", "chat", "crm"))
    ),
    EventKind("api_called", 3, "api"),
    EventKind("alert_opened", 3, "alerts"),
    EventKind("forecast_opened", 1, "forecasting"),
    EventKind("template_used", 3, "templates"),
    EventKind("item_shared", 3, "sharing"),
    EventKind("error_shown", 1.5, None, tuple({"code": code} for code in (403, 409, 500, 503))),
    # below: never drawn at random, only when they happen
    EventKind("login", 0),
    EventKind("Signed In", 0),
    EventKind("feature_adopted", 0, None, tuple({"feature": feature} for feature in FEATURES)),
    EventKind("payment_failed", 0, None, tuple({"attempt": attempt} for attempt in (1, 2, 3, 4))),
    EventKind("payment_recovered", 0),
    EventKind("Account Removed User", 0),
    EventKind("Trial Started", 0),
    EventKind("Trial Ended", 0, None, ({"converted": True}, {"converted": False})),
    EventKind("subscription_ended", 0, None, ({"churn": "voluntary"}, {"churn": "involuntary"})),
)
EVENT_NAMES = tuple(kind.name for kind in EVENT_KINDS)
KIND_OF = {name: number for number, name in enumerate(EVENT_NAMES)}
PROPERTY_TEXTS = tuple(json.dumps(row) for kind in EVENT_KINDS for row in kind.properties)
PROPERTY_COUNTS = tuple(len(kind.properties) for kind in EVENT_KINDS)
PROPERTY_STARTS = tuple(sum(PROPERTY_COUNTS[:number]) for number in range(len(EVENT_KINDS)))

FIRST_WORDS = [
    "Amber",
    "Birch",
    "Cedar",
    "Delta",
    "Ember",
    "Falcon",
    "Granite",
    "Harbor",
    "Indigo",
    "Juniper",
    "Keystone",
    "Lumen",
    "Maple",
    "Nimbus",
    "Orchard",
    "Pioneer",
    "Quartz",
    "River",
    "Summit",
    "Timber",
    "Umber",
    "Vista",
    "Willow",
    "Zephyr",
]
SECOND_WORDS = [
    "Analytics",
    "Bakery",
    "Clinics",
    "Design",
    "Energy",
    "Foods",
    "Garden",
    "Health",
    "Instruments",
    "Kitchens",
    "Labs",
    "Logistics",
    "Media",
    "Networks",
    "Optics",
    "Partners",
    "Robotics",
    "Studios",
    "Systems",
    "Textiles",
    "Tools",
    "Travel",
    "Works",
    "Yards",
]
GIVEN_NAMES = [
    "Ada",
    "Bela",
    "Carlos",
    "Dana",
    "Emre",
    "Fatou",
    "Goran",
    "Hana",
    "Ines",
    "Jonas",
    "Kira",
    "Lars",
    "Mina",
    "Noor",
    "Olek",
    "Petra",
    "Quinn",
    "Rosa",
    "Sami",
    "Tove",
    "Uma",
    "Vito",
    "Wanda",
    "Yusuf",
    "Zoe",
]
FAMILY_NAMES = [
    "Abara",
    "Brandt",
    "Costa",
    "Dimov",
    "Eriksen",
    "Farouk",
    "Garcia",
    "Hansen",
    "Ivanova",
    "Jansen",
    "Kim",
    "Laurent",
    "Moreau",
    "Novak",
    "Okafor",
    "Patel",
    "Quist",
    "Rossi",
    "Silva",
    "Tanaka",
    "Ueda",
    "Varga",
    "Weiss",
    "Yilmaz",
    "Zeman",
]

TICKET_CATEGORIES = ("how_to", "bug", "performance", "billing", "feature_request", "access")
TICKET_SUBJECTS = {
    "how_to": ("How do we set this up?", "Question about sharing", "Where is the setting for this?"),
    "bug": ("Saving does not work", "Numbers differ between two pages", "The export is empty"),
    "performance": ("Very slow since yesterday", "Pages time out", "The import hangs"),
    "billing": ("Question about our invoice", "Card was declined", "Change of billing address"),
    "feature_request": (
        "Could you add a calendar view?",
        "We need an approval step",
        "Please support more formats",
    ),
    "access": ("A colleague cannot sign in", "Reset of two-factor codes", "New administrator"),
}
PRIORITIES = ("low", "normal", "high", "urgent")

COMMENTS = {
    "happy": (
        "Does what we need, every day.",
        "Support is quick and the reports save us hours.",
        "Our whole team works in it now.",
    ),
    "poor_fit": ("It is not really made for the way we work.", "We miss features that matter in our field."),
    "poor_onboarding": ("We never got it properly set up.", "Hard to learn, nobody showed us how to start."),
    "product_friction": ("Too many bugs and it is slow.", "Errors every week, tickets take too long."),
    "champion_left": ("The colleague who ran this has left us.", "Nobody here owns the tool any more."),
    "price_pressure": ("Too expensive for what we use.", "Our budget was cut, the price is hard to defend."),
    PAYMENT_FAILED: ("Our card had expired, we did not notice.", "Problems with the invoice."),
}
