"""Slack against a local server that keeps Slack's rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from tests.sender_peers import TOKEN, SlackPeer

from tenure.clock import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from tenure.errors import Unavailable
from tenure.model.touches import Channel
from tenure.ports.senders import Message, OutcomeUnknown, RefusedForGood, TryLater
from tenure.providers.slack.config import SlackSettings
from tenure.providers.slack.mapping import content_of
from tenure.providers.slack.send import SlackSender, slack_sender
from tenure.providers.slack.users import SlackUsers
from tenure.testing.senders import Mood

NOW_US = 1_790_000_000_000_000


@pytest.fixture
def slack() -> Iterator[SlackPeer]:
    peer = SlackPeer()
    yield peer
    peer.stop()


@pytest.fixture
def bot(slack: SlackPeer) -> SlackSender:
    return slack_sender(SlackSettings(token_secret="t", base_url=slack.base_url, default_channel="#success"), TOKEN)


def notice(key: str = "k1", to: str = "#success", text: str = "Words", **fields: object) -> Message:
    return Message(key=key, channel=Channel.slack, to=to, subject="A subject", text=text, **fields)  # type: ignore[arg-type]


def test_a_later_version_takes_the_place_of_the_earlier(slack: SlackPeer, bot: SlackSender) -> None:
    first = bot.send(notice(), NOW_US)
    later = bot.send(notice(text="Decided", update_of=first.message_id), NOW_US)
    assert later.message_id == first.message_id
    [shown] = slack.posted.values()
    assert "Decided" in shown["text"]
    assert [path for path, _, _ in slack.requests] == ["/api/chat.postMessage", "/api/chat.update"]


def test_what_can_no_longer_be_replaced_is_posted_anew(slack: SlackPeer, bot: SlackSender) -> None:
    done = bot.send(notice(update_of="C001/1600000000.000001"), NOW_US)
    assert done.message_id.startswith("C001/") and len(slack.posted) == 1


def test_blocks_go_as_they_came(slack: SlackPeer, bot: SlackSender) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "*Decide*"}}
    bot.send(notice(blocks=(block,)), NOW_US)
    [shown] = slack.posted.values()
    assert shown["blocks"] == [block]


def test_without_a_channel_the_default_one_is_used(slack: SlackPeer, bot: SlackSender) -> None:
    bot.send(notice(to=""), NOW_US)
    [shown] = slack.posted.values()
    assert shown["channel"] == "#success"


def test_text_of_a_customer_calls_no_channel() -> None:
    content = content_of(notice(text="<!channel> & <@U1>"))
    assert "<!channel>" not in str(content)
    assert "&lt;!channel&gt; &amp; &lt;@U1&gt;" in content["text"]


def test_a_long_text_is_cut_into_sections_slack_takes(slack: SlackPeer, bot: SlackSender) -> None:
    text = "\n".join(f"Line {number} <&>" for number in range(1_500))
    bot.send(notice(text=text), NOW_US)
    [shown] = slack.posted.values()
    words = "\n".join(block["text"]["text"] for block in shown["blocks"][1:])
    assert words.split("\n") == [f"Line {number} &lt;&amp;&gt;" for number in range(1_500)]


def test_too_much_is_refused_loudly(bot: SlackSender, slack: SlackPeer) -> None:
    with pytest.raises(RefusedForGood, match="slack: unsupported, more than 50 blocks"):
        bot.send(notice(blocks=({"type": "divider"},) * 51), NOW_US)
    assert slack.requests == []


def test_429_says_how_long_to_wait(slack: SlackPeer, bot: SlackSender) -> None:
    slack.behave(Mood.busy)
    with pytest.raises(TryLater) as caught:
        bot.send(notice(), NOW_US)
    assert caught.value.after_seconds == 7.0


@pytest.mark.parametrize(
    ("error", "kind", "is_dead"),
    [
        ("channel_not_found", RefusedForGood, True),
        ("is_archived", RefusedForGood, True),
        ("invalid_auth", RefusedForGood, False),
        ("msg_too_long", RefusedForGood, False),
        ("something_new", RefusedForGood, False),
        ("service_unavailable", TryLater, False),
        ("ratelimited", TryLater, False),
        ("fatal_error", OutcomeUnknown, False),
        ("internal_error", OutcomeUnknown, False),
    ],
)
def test_every_error_word_of_slack_says_whether_it_was_sent(
    slack: SlackPeer, bot: SlackSender, error: str, kind: type[Exception], is_dead: bool
) -> None:
    slack.error = error
    with pytest.raises(kind, match=error) as caught:
        bot.send(notice(), NOW_US)
    assert getattr(caught.value, "bounced", False) is is_dead
    assert len(slack.requests) == 1


def test_a_wrong_token_is_refused_for_good_and_not_shown(slack: SlackPeer) -> None:
    sender = slack_sender(SlackSettings(token_secret="t", base_url=slack.base_url), "xoxb-wrong")
    with pytest.raises(RefusedForGood, match="invalid_auth") as caught:
        sender.send(notice(), NOW_US)
    assert "xoxb" not in str(caught.value)


def test_requests_use_only_what_slacks_own_description_knows(slack: SlackPeer, bot: SlackSender, shared: Path) -> None:
    described = json.loads((shared / "vendor/specs/slack_web_openapi_v2_without_examples.json").read_text("utf-8"))["paths"]
    first = bot.send(notice(), NOW_US)
    bot.send(notice(update_of=first.message_id), NOW_US)
    bot.try_out(NOW_US)
    assert len(slack.requests) == 3
    for path, _, body in slack.requests:
        [method] = described[path.removeprefix("/api")].values()
        known = {parameter["name"] for parameter in method["parameters"]}
        sent = json.loads(body) if body.startswith(b"{") else dict.fromkeys(parse_qs(body.decode()))
        assert sent.keys() <= known


def test_a_webhook_posts_anew_what_it_cannot_replace(slack: SlackPeer) -> None:
    sender = slack_sender(SlackSettings(webhook_url_secret="t"), slack.hook_url)
    first = sender.send(notice("k1"), NOW_US)
    sender.send(notice("k2", update_of=first.message_id), NOW_US)
    assert len(slack.posted) == 2


def test_a_webhook_that_was_taken_away_is_refused_for_good(slack: SlackPeer) -> None:
    slack.behave(Mood.refuses)
    with pytest.raises(RefusedForGood, match="no_service"):
        slack_sender(SlackSettings(webhook_url_secret="t"), slack.hook_url).send(notice(), NOW_US)


def test_slack_says_the_mail_address_of_a_user_once_asked(slack: SlackPeer) -> None:
    users = SlackUsers(TOKEN, slack.base_url, 5)
    assert [users.mail_of(one, NOW_US) for one in ("U0LEE", "U0LEE", "U0EVE")] == ["Lee@example.com", "Lee@example.com", ""]
    assert len(slack.requests) == 2
    with pytest.raises(Unavailable, match="does not say"):
        SlackUsers("wrong", slack.base_url, 5).mail_of("U0LEE", NOW_US)


def test_an_account_slack_told_no_address_of_is_asked_again_a_known_one_the_next_day(slack: SlackPeer) -> None:
    users = SlackUsers(TOKEN, slack.base_url, 5)
    assert users.mail_of("U0EVE", NOW_US) == "" and users.mail_of("U0LEE", NOW_US) == "Lee@example.com"
    slack.mails = {"U0EVE": "eve@example.com", "U0LEE": "lee.two@example.com"}
    assert users.mail_of("U0EVE", NOW_US + SECOND_US) == "", "not at every click"
    assert users.mail_of("U0EVE", NOW_US + MINUTE_US) == "eve@example.com"
    assert users.mail_of("U0LEE", NOW_US + HOUR_US) == "Lee@example.com" and users.mail_of("U0LEE", NOW_US + DAY_US) == "lee.two@example.com"
