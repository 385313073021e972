"""The twin behaves like the real ones, the same way every time."""

from __future__ import annotations

import io
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from rich.console import Console

from tenure.clock import MINUTE_US
from tenure.model.touches import Channel
from tenure.ports.senders import Message, OutcomeUnknown, RefusedForGood, SendError, TryLater
from tenure.providers.twin.client import TwinBox
from tenure.providers.twin.config import TwinSettings
from tenure.providers.twin.send import TwinSender

NOW_US = 1_790_000_000_000_000


def mail(key: str = "k1", **fields: object) -> Message:
    return Message(key=key, **({"channel": Channel.email, "to": "ada@example.org", "subject": "Hello", "text": "Words"} | fields))  # type: ignore[arg-type]


def outcomes(settings: TwinSettings, count: int = 400) -> list[str]:
    sender = TwinSender(settings, TwinBox(None))
    found = []
    for number in range(count):
        try:
            found.append(sender.send(mail(f"k{number}"), NOW_US).message_id)
        except SendError as problem:
            found.append(type(problem).__name__ + ("!" if getattr(problem, "bounced", False) else ""))
    return found


def test_a_message_is_a_file_any_mail_program_opens(tmp_path: Path) -> None:
    box = TwinBox(tmp_path / "outbox")
    TwinSender(TwinSettings(), box).send(mail(html="<p>Words</p>"), NOW_US)
    [one] = box.messages()
    letter = message_from_bytes((tmp_path / "outbox" / one.file).read_bytes(), policy=default)
    assert (letter["To"], letter["Subject"]) == ("ada@example.org", "Hello")
    assert (tmp_path / "outbox").stat().st_mode & 0o077 == 0


def test_a_terminal_shows_one_line_and_the_subject_and_quiet_shows_nothing(tmp_path: Path) -> None:
    out = io.StringIO()
    TwinSender(TwinSettings(), TwinBox(tmp_path, Console(file=out, width=200))).send(mail(subject="[bold]Hello[/]"), NOW_US)
    assert out.getvalue() == "email    to ada@example.org: [bold]Hello[/]\n"


@pytest.mark.parametrize("channel", [Channel.slack, Channel.in_app, Channel.sms, Channel.webhook])
def test_every_channel_has_its_file(tmp_path: Path, channel: Channel) -> None:
    box = TwinBox(tmp_path)
    TwinSender(TwinSettings(), box).send(mail(channel=channel, to="#success"), NOW_US)
    assert [one.channel for one in box.messages()] == [channel.value]


def test_a_later_version_replaces_the_file_of_the_earlier(tmp_path: Path) -> None:
    box = TwinBox(tmp_path)
    sender = TwinSender(TwinSettings(), box)
    first = sender.send(mail(channel=Channel.slack, to="#s"), NOW_US)
    later = sender.send(mail(channel=Channel.slack, to="#s", text="Decided", update_of=first.message_id), NOW_US)
    assert first.message_id == later.message_id
    assert len({one.file for one in box.messages()}) == 1
    assert b"Decided" in (tmp_path / box.messages()[0].file).read_bytes()


def test_failures_are_seeded_and_as_frequent_as_asked() -> None:
    settings = TwinSettings(bounced_share=0.1, refused_share=0.1, unknown_share=0.1, later_share=0.1)
    first = outcomes(settings)
    assert first == outcomes(settings)
    assert first != outcomes(settings.model_copy(update={"seed": 1}))
    for kind in ("RefusedForGood!", "RefusedForGood", "OutcomeUnknown", "TryLater"):
        assert 20 <= first.count(kind) <= 60


def test_what_is_busy_once_may_pass_at_the_next_try_and_a_dead_address_stays_dead() -> None:
    busy = TwinSender(TwinSettings(later_share=0.5), TwinBox(None))
    tries = [_kind(busy, mail()) for _ in range(20)]
    assert {TryLater, None} <= set(tries)
    dead = TwinSender(TwinSettings(bounced_share=1.0), TwinBox(None))
    assert {_kind(dead, mail()) for _ in range(5)} == {RefusedForGood}


def test_an_unknown_outcome_was_delivered(tmp_path: Path) -> None:
    box = TwinBox(tmp_path)
    assert _kind(TwinSender(TwinSettings(unknown_share=1.0), box), mail()) is OutcomeUnknown
    assert len(box.messages()) == 1


def test_too_many_a_minute_are_told_how_long_to_wait() -> None:
    sender = TwinSender(TwinSettings(messages_per_minute=2), TwinBox(None))
    for number in range(2):
        sender.send(mail(f"k{number}"), NOW_US)
    with pytest.raises(TryLater) as caught:
        sender.send(mail("k3"), NOW_US + MINUTE_US // 2)
    assert caught.value.after_seconds == 30.0
    sender.send(mail("k3"), NOW_US + MINUTE_US)


def test_delays_are_data_around_their_median(tmp_path: Path) -> None:
    box = TwinBox(tmp_path)
    sender = TwinSender(TwinSettings(delay_seconds=10), box)
    for number in range(101):
        sender.send(mail(f"k{number}"), NOW_US)
    delays = sorted((one.reached_us - one.at_us) / 1e6 for one in box.messages())
    assert 7 < delays[50] < 14 and delays[0] > 0 and delays[-1] > 30


def _kind(sender: TwinSender, message: Message) -> type[SendError] | None:
    try:
        sender.send(message, NOW_US)
    except SendError as problem:
        return type(problem)
    return None
