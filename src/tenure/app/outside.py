"""The outside world of one deployment: senders, signed links, the routes behind them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from rich.console import Console

from tenure.errors import Refused
from tenure.model.ventures import Person
from tenure.ports.invitations import Invitations
from tenure.providers.registry import Registry
from tenure.providers.slack.users import SlackUsers
from tenure.services.surveys.texts import survey_texts
from tenure.services.tracking import InboundMail, SignedLinks, SurveyDesk, Tokens, Tracking, tracking_key

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

LOCAL_URL = "http://127.0.0.1:8400"


def check_sending_domain(deployment: Deployment) -> None:
    """Day one, 6: SPF, DKIM and DMARC before going live. Raises Refused where one is missing or wrong.

    Nothing to check without smtp, or where mail only goes to this machine; a silent name server holds nobody back.
    """
    from tenure.providers.smtp.domain import Standing, check_domain, dns_resolver

    smtp = Registry(deployment.workspace.providers, lambda name: "", deployment.workspace.state, None).smtp
    if smtp is None or smtp.is_local:
        return
    found = check_domain(smtp.domain, smtp.dkim_selectors, dns_resolver())
    bad = [one for one in found if one.standing in (Standing.missing, Standing.wrong)]
    if bad:
        raise Refused(
            f"Mails from {smtp.domain} would be mistaken for spam: {'; '.join(one.said for one in bad)}.",
            "See `tenure providers check` for what to add, or go live with --domain-as-is.",
        )


def public_url(deployment: Deployment) -> str:
    """Where links of messages lead: the configured address, else this machine."""
    return deployment.workspace.public.url or LOCAL_URL


def invitations_of(deployment: Deployment) -> Invitations:
    """Calendar invitations as `[providers]` says."""
    return Outside(deployment).registry.invitations()


class Outside:
    """Made from a deployment; `close` it when nothing more is sent."""

    def __init__(self, deployment: Deployment, console: Console | None = None) -> None:
        self._deployment = deployment
        self._venture_id = deployment.venture.venture_id
        workspace = deployment.workspace
        self.public = workspace.public
        self.registry = Registry(workspace.providers, self._secret, workspace.state, console)
        self.tokens = Tokens(self._key, deployment.venture.key)

    @property
    def brand(self) -> str:
        """The company as its customers know it."""
        return self._deployment.workspace.product.name or self._deployment.venture.name

    @property
    def links(self) -> SignedLinks:
        """For messages that are being composed."""
        return SignedLinks(
            self.tokens, public_url(self._deployment), self.public.reply_address or None, watches_opens=self.public.watch_opens
        )

    def tracking(self) -> Tracking:
        store = self._deployment.store
        return Tracking(self._venture_id, store.touches, store.responses, self.tokens)

    def surveys(self) -> SurveyDesk:
        store = self._deployment.store
        return SurveyDesk(self._venture_id, store.touches, store.responses, store.inbox, self.tokens, survey_texts())

    def inbound(self) -> InboundMail:
        store = self._deployment.store
        return InboundMail(self._venture_id, store.touches, store.responses, self.tokens)

    @cached_property
    def _slack_users(self) -> SlackUsers | None:
        """None where no bot is configured: an incoming webhook cannot ask."""
        slack = self.registry.slack
        if slack is None or not slack.token_secret:
            return None
        return SlackUsers(self._secret(slack.token_secret), slack.base_url, slack.timeout_seconds)

    def person_on_slack(self, user_id: str) -> Person | None:
        """Who of the team this Slack user is, as somebody said or by the mail address both know; None: nobody. Raises Unavailable."""
        said = self._deployment.store.people.on_slack(self._venture_id, user_id)
        if said is not None:
            return said if said.left_us is None else None
        users, now_us = self._slack_users, self._deployment.clock.now_us()
        mail = users.mail_of(user_id, now_us).casefold() if user_id and users is not None else ""
        people = self._deployment.store.people.all(self._venture_id)
        return next((one for one in people if mail and one.email.casefold() == mail and one.left_us is None), None)

    def inbound_secret(self) -> str:
        """Empty where none is named: then nothing is believed."""
        return self._secret(self.public.inbound_secret) if self.public.inbound_secret else ""

    def close(self) -> None:
        self.registry.close()

    def _secret(self, name: str) -> str:
        return self._deployment.store.secrets.get(self._venture_id, name)

    def _key(self) -> bytes:
        return tracking_key(self._deployment.store.secrets, self._venture_id, self._deployment.clock.now_us())


def missing_providers(registry: Registry) -> Sequence[str]:
    """One sentence for each thing that keeps a provider from working."""
    return [
        f"The secret {secret} of {one.name} is not stored: `tenure providers secret {secret}`."
        for one in registry.configured()
        for secret in one.missing
    ]
