"""From the `[providers.NAME]` sections of a workspace to senders, with secrets from the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec
from rich.console import Console

from tenure.errors import BadInput, NotFound
from tenure.model.touches import Channel
from tenure.ports.mailbox import Mailbox
from tenure.ports.senders import Sender
from tenure.ports.writer import Writer
from tenure.providers.calendar.caps import CAPS as CALENDAR_CAPS
from tenure.providers.calendar.config import CalendarSettings
from tenure.providers.calendar.mapping import CalendarInvitations
from tenure.providers.caps import Capabilities
from tenure.providers.config import ProviderSettings, parse_section
from tenure.providers.imap.caps import CAPS as IMAP_CAPS
from tenure.providers.imap.config import ImapSettings
from tenure.providers.llm.caps import CAPS as LLM_CAPS
from tenure.providers.llm.config import LlmSettings
from tenure.providers.slack import caps as slack_caps
from tenure.providers.slack.config import SlackSettings
from tenure.providers.smtp.caps import CAPS as SMTP_CAPS
from tenure.providers.smtp.config import SmtpSettings
from tenure.providers.twin.caps import caps_for as twin_caps
from tenure.providers.twin.client import TwinBox
from tenure.providers.twin.config import TwinSettings
from tenure.providers.twin.send import TwinSender
from tenure.providers.webhook.caps import caps_for as webhook_caps
from tenure.providers.webhook.config import WebhookSettings
from tenure.settings import CONFIG_NAME

OUTBOX = "outbox-twin"
SecretOf = Callable[[str], str]
"""The value of a stored secret; raises `NotFound`."""


class KnownProvider(Protocol):
    """What the registry knows of each provider folder."""

    def __call__(self, settings: Any, secret: SecretOf, box: TwinBox) -> Sender: ...


def _smtp(settings: SmtpSettings, secret: SecretOf, box: TwinBox) -> Sender:
    from tenure.providers.smtp.send import SmtpSender

    return SmtpSender(settings, secret(settings.password_secret) if settings.password_secret else "")


def _slack(settings: SlackSettings, secret: SecretOf, box: TwinBox) -> Sender:
    from tenure.providers.slack.send import slack_sender

    return slack_sender(settings, secret(settings.token_secret or settings.webhook_url_secret))


def _webhook(settings: WebhookSettings, secret: SecretOf, box: TwinBox) -> Sender:
    from tenure.providers.webhook.send import WebhookSender

    return WebhookSender(settings, secret(settings.signing_secret))


def _twin(settings: TwinSettings, secret: SecretOf, box: TwinBox) -> Sender:
    return TwinSender(settings, box)


_SETTINGS: Mapping[str, type[ProviderSettings]] = {
    "smtp": SmtpSettings,
    "slack": SlackSettings,
    "webhook": WebhookSettings,
    "calendar": CalendarSettings,
    "imap": ImapSettings,
    "llm": LlmSettings,
    "twin": TwinSettings,
}
_MAKERS: Mapping[str, KnownProvider] = {"smtp": _smtp, "slack": _slack, "webhook": _webhook, "twin": _twin}
# where two serve one channel, the first of these does
_ORDER = ("smtp", "slack", "webhook", "twin")


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """One provider as `tenure providers list` shows it. `missing`: stored secrets it names that are not there."""

    name: str
    is_default: bool
    capabilities: Capabilities
    missing: tuple[str, ...] = ()


class Registry:
    """The providers of one workspace. Parsed at once, so that a wrong section is told before anything is sent.

    Args:
        sections: `providers` of `tenure.toml`; none: the twin stands in for all.
        secret: reads a stored secret.
        state: the workspace's own folder, where the twin writes.
        console: where the twin shows messages; None: quiet.
    """

    def __init__(self, sections: Mapping[str, Mapping[str, Any]], secret: SecretOf, state: Path, console: Console | None = None) -> None:
        unknown = sorted(sections.keys() - _SETTINGS.keys())
        if unknown:
            raise BadInput(f"{CONFIG_NAME}: providers.{unknown[0]} is not a known provider.", f"Known are {', '.join(_SETTINGS)}.")
        self._settings = {name: parse_section(_SETTINGS[name], name, raw) for name, raw in sections.items()}
        self._is_default = not (self._settings.keys() & _MAKERS.keys())
        if self._is_default:
            self._settings["twin"] = TwinSettings()
        self._secret, self._box = secret, TwinBox(state / OUTBOX, console)
        self._made: dict[str, Sender] = {}

    def __repr__(self) -> str:
        return f"Registry({', '.join(sorted(self._settings))})"

    def senders(self) -> dict[Channel, Sender]:
        """By channel. Raises NotFound when a secret a section names is not stored."""
        found: dict[Channel, Sender] = {}
        for name in _ORDER:
            if name in self._settings:
                sender = self.sender(name)
                for channel in sorted(sender.channels):
                    found.setdefault(channel, sender)
        return found

    def sender(self, name: str) -> Sender:
        """One provider by name, made once."""
        if name not in self._settings or name not in _MAKERS:
            known = ", ".join(one for one in _ORDER if one in self._settings)
            raise NotFound(f"No provider {name} is configured.", f"Configured are {known}; add [providers.{name}] to {CONFIG_NAME}.")
        if name not in self._made:
            self._made[name] = _MAKERS[name](self._settings[name], self._stored, self._box)
        return self._made[name]

    def configured(self) -> list[Configured]:
        """All of them, senders first in the order they are preferred."""
        names = [name for name in (*_ORDER, "calendar", "imap", "llm") if name in self._settings]
        return [
            Configured(name=name, is_default=self._is_default, capabilities=self._capabilities(name), missing=self._missing(name))
            for name in names
        ]

    def invitations(self) -> CalendarInvitations:
        """Makes calendar invitations with ids of the configured domain, else of that mails come from."""
        own = self._settings.get("calendar")
        domain = own.domain if isinstance(own, CalendarSettings) else ""
        mail = self.smtp
        return CalendarInvitations(domain or (mail.domain if mail is not None else ""))

    @property
    def smtp(self) -> SmtpSettings | None:
        """How mail is configured."""
        found = self._settings.get("smtp")
        return found if isinstance(found, SmtpSettings) else None

    @property
    def slack(self) -> SlackSettings | None:
        """How Slack is configured."""
        found = self._settings.get("slack")
        return found if isinstance(found, SlackSettings) else None

    def mailbox(self) -> Mailbox | None:
        """Where replies are read; None where none is configured. Raises NotFound when its password is not stored."""
        found = self._settings.get("imap")
        if not isinstance(found, ImapSettings):
            return None
        from tenure.providers.imap.read import ImapMailbox

        return ImapMailbox(found, self._stored(found.password_secret))

    def writer(self) -> Writer:
        """The language model that drafts. Raises BadInput where none is configured, NotFound when its key is not stored."""
        found = self._settings.get("llm")
        if not isinstance(found, LlmSettings):
            raise BadInput("No language model is configured.", f"Add [providers.llm] to {CONFIG_NAME}, or edit the draft yourself.")
        from tenure.providers.llm.write import ModelWriter

        return ModelWriter(found, self._stored(found.api_key_secret) if found.api_key_secret else "")

    def slack_signing_secret(self) -> str:
        """Empty where none is named; raises NotFound where it is not stored."""
        return self._stored(self.slack.signing_secret) if self.slack is not None and self.slack.signing_secret else ""

    def close(self) -> None:
        """Let go of open connections."""
        for sender in self._made.values():
            close = getattr(sender, "close", None)
            if callable(close):
                close()

    def _stored(self, name: str) -> str:
        try:
            return self._secret(name)
        except NotFound:
            raise NotFound(f"The secret {name} is not stored.", f"Store it with `tenure providers secret {name}`.") from None

    def _missing(self, name: str) -> tuple[str, ...]:
        missing = []
        for one in self._settings[name].secret_names():
            try:
                self._secret(one)
            except NotFound:
                missing.append(one)
        return tuple(missing)

    def _capabilities(self, name: str) -> Capabilities:
        settings = self._settings[name]
        if isinstance(settings, TwinSettings):
            return twin_caps(settings.channels)
        if isinstance(settings, WebhookSettings):
            return webhook_caps(settings.channels)
        if isinstance(settings, SlackSettings):
            return slack_caps.BOT if settings.token_secret else slack_caps.WEBHOOK
        if isinstance(settings, ImapSettings):
            return IMAP_CAPS
        if isinstance(settings, LlmSettings):
            return LLM_CAPS
        return SMTP_CAPS if isinstance(settings, SmtpSettings) else CALENDAR_CAPS
