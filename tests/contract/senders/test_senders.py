"""Every shipped sender against the same suite, each with a peer that can fail in every way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.sender_peers import PASSWORD, TOKEN, USER, HttpPeer, MailServer, SlackPeer, as_json, authenticate

from tenure.model.touches import Channel
from tenure.ports.senders import Message, OutcomeUnknown, RefusedForGood, Sender, Sent, TryLater
from tenure.providers.slack.config import SlackSettings
from tenure.providers.slack.send import slack_sender
from tenure.providers.smtp.config import SmtpSettings
from tenure.providers.smtp.send import SmtpSender
from tenure.providers.twin.client import TwinBox
from tenure.providers.twin.config import TwinSettings
from tenure.providers.twin.send import TwinSender
from tenure.providers.webhook.config import WebhookSettings
from tenure.providers.webhook.send import WebhookSender
from tenure.testing.senders import MemorySender, Mood, SenderContract

SECRET = "hook-signing-1234"


class TestSmtp(SenderContract):
    @pytest.fixture
    def peer(self) -> Iterator[MailServer]:
        server = MailServer(authenticator=authenticate, auth_require_tls=False)
        yield server
        server.stop()

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [PASSWORD]

    @pytest.fixture
    def sender(self, peer: MailServer) -> Iterator[Sender]:
        settings = SmtpSettings(
            host="127.0.0.1", port=peer.port, security="none", user=USER, password_secret="smtp", from_address="team@example.com",
            timeout_seconds=1,
        )  # fmt: skip
        sender = SmtpSender(settings, PASSWORD)
        yield sender
        sender.close()


class _Slack(SenderContract):
    @pytest.fixture
    def peer(self) -> Iterator[SlackPeer]:
        server = SlackPeer()
        yield server
        server.stop()

    def message(self, sender: Sender, key: str = "contract:1") -> Message:
        return msgspec.structs.replace(super().message(sender, key), to="#success", html="")


class TestSlackBot(_Slack):
    @pytest.fixture
    def secrets(self) -> list[str]:
        return [TOKEN]

    @pytest.fixture
    def sender(self, peer: SlackPeer) -> Sender:
        return slack_sender(SlackSettings(token_secret="t", base_url=peer.base_url, timeout_seconds=1), TOKEN)


class TestSlackWebhook(_Slack):
    @pytest.fixture
    def secrets(self) -> list[str]:
        return ["secret-hook"]

    @pytest.fixture
    def sender(self, peer: SlackPeer) -> Sender:
        return slack_sender(SlackSettings(webhook_url_secret="t", timeout_seconds=1), peer.hook_url)


class TestWebhook(SenderContract):
    @pytest.fixture
    def peer(self) -> Iterator[HttpPeer]:
        def answer(peer: HttpPeer, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
            if peer.mood is Mood.busy:
                return as_json({}, 503, **{"Retry-After": "3"})
            if peer.mood is Mood.refuses:
                return as_json({"error": "A private subject"}, 422)
            return as_json({"id": f"m{len(peer.requests)}"})

        server = HttpPeer(answer)
        yield server
        server.stop()

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [SECRET]

    @pytest.fixture
    def sender(self, peer: HttpPeer) -> Iterator[Sender]:
        settings = WebhookSettings(url=f"{peer.url}/hook", signing_secret="w", timeout_seconds=1)
        sender = WebhookSender(settings, SECRET)
        yield sender
        sender.close()


class _TwinPeer:
    """The twin's own bad days, set from outside."""

    moods = frozenset({Mood.takes, Mood.busy, Mood.refuses, Mood.breaks_after})
    _SHARES = {Mood.busy: "later_share", Mood.refuses: "refused_share", Mood.breaks_after: "unknown_share"}

    def __init__(self, folder: Path) -> None:
        self.box = TwinBox(folder)
        self.sender = TwinSender(TwinSettings(), self.box)

    def behave(self, mood: Mood) -> None:
        settings = TwinSettings(**({self._SHARES[mood]: 1.0} if mood in self._SHARES else {}))
        self.sender._settings = settings

    def heard(self) -> int:
        return len(self.box.messages())


class TestTwin(SenderContract):
    @pytest.fixture
    def peer(self, tmp_path: Path) -> _TwinPeer:
        return _TwinPeer(tmp_path)

    @pytest.fixture
    def secrets(self) -> list[str]:
        return []

    @pytest.fixture
    def sender(self, peer: _TwinPeer) -> Sender:
        return peer.sender


class _MemoryPeer:
    moods = frozenset({Mood.takes, Mood.busy, Mood.refuses, Mood.breaks_after})
    _ERRORS = {Mood.busy: TryLater, Mood.refuses: RefusedForGood, Mood.breaks_after: OutcomeUnknown}

    def __init__(self) -> None:
        self.sender = MemorySender(channels=[Channel.email])

    def behave(self, mood: Mood) -> None:
        self.sender.fails = self._ERRORS[mood]("memory: told so") if mood in self._ERRORS else None

    def heard(self) -> int:
        return len(self.sender.messages)


class TestMemory(SenderContract):
    @pytest.fixture
    def peer(self) -> _MemoryPeer:
        return _MemoryPeer()

    @pytest.fixture
    def secrets(self) -> list[str]:
        return []

    @pytest.fixture
    def sender(self, peer: _MemoryPeer) -> Sender:
        return peer.sender


def test_a_sender_that_retries_by_itself_fails_the_suite() -> None:
    """The suite can say no."""

    class Stubborn:
        name = "memory"
        channels = frozenset({Channel.email})

        def __init__(self, peer: _MemoryPeer) -> None:
            self._peer, self.asked = peer, 0

        def send(self, message: Message, now_us: int) -> Sent:
            for _ in range(2):
                try:
                    return self._peer.sender.send(message, now_us)
                except TryLater:
                    self.asked += 1
            raise TryLater("memory: twice")

    peer = _MemoryPeer()
    stubborn = Stubborn(peer)
    peer.heard = lambda: stubborn.asked  # type: ignore[method-assign]
    with pytest.raises(AssertionError):
        TestMemory().test_a_busy_provider_is_tried_later_and_asked_once(stubborn, peer)
