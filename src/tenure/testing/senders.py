"""What every sender must do, and a sender that keeps what it is given.

`SenderContract` is a suite to inherit from: give it a peer that can be told how to behave, and a sender pointed at it. All
providers shipped with Tenure pass it; so should yours.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from tenure.model.touches import Channel
from tenure.ports.senders import Message, OutcomeUnknown, RefusedForGood, Sender, SendError, Sent, TryLater

NOW_US = 1_790_000_000_000_000
_PRIVATE = ("ada.private@example.com", "Ada Private", "A private subject", "A private text")


class MemorySender:
    """Keeps every message and answers like a provider; `fails` is raised instead, until it is None again."""

    def __init__(self, name: str = "memory", channels: Sequence[Channel] = tuple(Channel)) -> None:
        self.name = name
        self.channels = frozenset(channels)
        self.messages: list[Message] = []
        self.fails: SendError | None = None

    def send(self, message: Message, now_us: int) -> Sent:
        """Raises what `fails` holds."""
        if message.channel not in self.channels:
            raise RefusedForGood(f"{self.name}: unsupported, the channel {message.channel.value}")
        if self.fails is not None:
            raise self.fails
        self.messages.append(message)
        return Sent(provider=self.name, message_id=message.update_of or f"{self.name}-{len(self.messages)}")


class Mood(StrEnum):
    """How a peer answers."""

    takes = "takes"
    busy = "busy"
    refuses = "refuses"
    breaks_after = "breaks_after"
    """Hears the whole message and hangs up without a word."""
    silent_after = "silent_after"
    """Hears the whole message and never answers."""
    gone = "gone"
    """Nobody listens at its address."""


class Peer(Protocol):
    """The other end of a sender, told how to behave."""

    moods: frozenset[Mood]
    """Those it can show."""

    def behave(self, mood: Mood) -> None: ...

    def heard(self) -> int:
        """How many messages it was handed whole, or refused, since it was made."""
        ...


class SenderContract:
    """Inherit, give the fixtures `sender` and `peer` (and `secrets`, texts that must never be shown), collect with pytest."""

    def message(self, sender: Sender, key: str = "contract:1") -> Message:
        """A message for this sender; override `to` and channel where a provider needs others."""
        to, name, subject, text = _PRIVATE
        channel = sorted(sender.channels)[0]
        return Message(key=key, channel=channel, to=to, recipient_name=name, subject=subject, text=text, html=f"<p>{text}</p>")

    def test_it_says_who_it_is_and_what_it_serves(self, sender: Sender) -> None:
        assert sender.name == sender.name.lower() and sender.name
        assert sender.channels and sender.channels <= set(Channel)

    def test_what_is_taken_has_an_id_and_the_name_of_the_provider(self, sender: Sender, peer: Peer) -> None:
        done = sender.send(self.message(sender), NOW_US)
        assert done.provider == sender.name
        assert done.message_id and done.message_id.isprintable()
        assert peer.heard() == 1

    def test_two_messages_have_two_ids(self, sender: Sender, peer: Peer) -> None:
        ids = {sender.send(self.message(sender, key), NOW_US).message_id for key in ("contract:1", "contract:2")}
        assert len(ids) == 2 and peer.heard() == 2

    def test_a_busy_provider_is_tried_later_and_asked_once(self, sender: Sender, peer: Peer) -> None:
        self._raises(sender, peer, Mood.busy, TryLater, most=1)

    def test_a_refusal_is_for_good_and_asked_once(self, sender: Sender, peer: Peer) -> None:
        self._raises(sender, peer, Mood.refuses, RefusedForGood, most=1)

    def test_a_line_that_breaks_after_the_message_leaves_the_outcome_unknown_and_is_not_tried_again(self, sender: Sender, peer: Peer) -> None:
        self._raises(sender, peer, Mood.breaks_after, OutcomeUnknown, most=1)

    def test_an_answer_that_never_comes_leaves_the_outcome_unknown(self, sender: Sender, peer: Peer) -> None:
        self._raises(sender, peer, Mood.silent_after, OutcomeUnknown, most=1)

    def test_a_provider_that_is_not_there_is_tried_later(self, sender: Sender, peer: Peer) -> None:
        self._raises(sender, peer, Mood.gone, TryLater, most=0)

    def test_it_works_again_after_every_failure(self, sender: Sender, peer: Peer) -> None:
        for place, mood in enumerate(sorted(peer.moods - {Mood.takes, Mood.gone, Mood.silent_after})):
            peer.behave(mood)
            try:
                sender.send(self.message(sender, f"contract:{place}"), NOW_US)
            except SendError:
                pass
            else:
                raise AssertionError(f"{mood} was not noticed")
            peer.behave(Mood.takes)
            assert sender.send(self.message(sender, f"contract:again:{place}"), NOW_US).message_id

    def test_a_channel_it_does_not_serve_is_refused_loudly(self, sender: Sender, peer: Peer) -> None:
        others = sorted(set(Channel) - sender.channels)
        for other in others[:1]:
            problem = _problem(sender, Message(key="contract:other", channel=other, to="somebody", text="words"))
            assert isinstance(problem, RefusedForGood) and sender.name in str(problem)
            assert peer.heard() == 0

    def test_nothing_shown_of_it_holds_its_secrets(self, sender: Sender, secrets: Sequence[str]) -> None:
        for shown in (repr(sender), str(sender)):
            assert not [one for one in secrets if one in shown]

    def _raises(self, sender: Sender, peer: Peer, mood: Mood, kind: type[SendError], *, most: int) -> None:
        """The error is of this kind, its text is free of persons and content, and the peer was asked at most so often."""
        if mood not in peer.moods:
            return
        peer.behave(mood)
        problem = _problem(sender, self.message(sender))
        assert isinstance(problem, kind), problem
        assert sender.name in str(problem)
        assert not [one for one in _PRIVATE if one in str(problem)]
        assert peer.heard() <= most


def _problem(sender: Sender, message: Message) -> SendError | None:
    try:
        sender.send(message, NOW_US)
    except SendError as problem:
        return problem
    return None
