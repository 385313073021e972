"""Pages as functions: plain values in, one HTML document out."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tenure.presentation.pages.form import SurveyForm

_CHANNELS = {"email": "mail", "survey": "mail", "sms": "text message", "in_app": "message", "slack": "message"}


def asked_to_unsubscribe(brand: str, channel: str) -> str:
    """The page that asks, so that a program that only follows links unsubscribes nobody."""
    return _render("unsubscribe.html", title="Unsubscribe", brand=brand, what=_CHANNELS.get(channel, "message"))


def unsubscribed(brand: str, channel: str, *, is_known: bool) -> str:
    """What is shown afterwards."""
    what = _CHANNELS.get(channel, "message")
    if not is_known:
        return notice(brand, "Nothing more will come", "We no longer hold anything about this address, so nothing more will be sent to it.")
    return notice(brand, "You are unsubscribed", f"The customer team of {brand} will send you no more {what}s.")


def survey_form(brand: str, form: SurveyForm, *, chosen: str = "", comment: str = "", problem: str = "") -> str:
    """The question with its scale; `chosen` and `comment` as already given, `problem` what to correct."""
    numbers = range(form.low, form.high + 1)
    return _render("survey.html", title=form.question, brand=brand, form=form, numbers=numbers, chosen=chosen, comment=comment, problem=problem)


def decision_form(brand: str, title: str, facts: Sequence[tuple[str, str]]) -> str:
    """A decision, what is to be seen once more, and room for a word."""
    return _render("decision.html", title=title, brand=brand, facts=facts)


def notice(brand: str, title: str, text: str) -> str:
    """A page that only says something."""
    return _render("notice.html", title=title, brand=brand, text=text)


def _render(name: str, **values: object) -> str:
    return _environment().get_template(name).render(style=_style(), **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tenure.presentation.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["coded"] = coded
    return environment


def coded(text: str) -> Markup:
    """Commands between backticks as code; everything is escaped."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts))


@cache
def _style() -> str:
    return resources.files("tenure.presentation.pages").joinpath("templates/pages.css").read_text("utf-8").strip()


def _style_hash() -> str:
    return base64.b64encode(sha256(_style().encode()).digest()).decode()


CONTENT_POLICY = f"default-src 'none'; style-src 'sha256-{_style_hash()}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
