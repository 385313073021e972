"""A14, I5: what a mail that came back means."""

from __future__ import annotations

import pytest

from tenure.rules.replies import Mail, ReplyKind, own_words, what_is

OUR_MAIL = """
On Tue, 3 Mar 2026 at 09:12, Example team <team@example.com> wrote:

> Hello Ada,
> how is it going?
> Unsubscribe: https://success.example.com/u/abc
"""


def reply(text: str, subject: str = "Re: How is it going?", **headers: str) -> ReplyKind:
    return what_is(Mail(headers={"from": "ada@example.org"} | headers, subject=subject, text=text))


def test_a_persons_words_are_a_reply_whatever_is_quoted_below() -> None:
    assert reply("Fine, thanks. Could we talk on Friday?\n" + OUR_MAIL) is ReplyKind.reply


@pytest.mark.parametrize(
    ("headers", "subject"),
    [
        ({"auto-submitted": "auto-replied"}, "Re: Hello"),
        ({"auto-submitted": "auto-generated; owner-email=x"}, "Hello"),
        ({"precedence": "bulk"}, "Re: Hello"),
        ({"precedence": "auto_reply"}, "Re: Hello"),
        ({"x-autoreply": "yes"}, "Re: Hello"),
        ({"x-autorespond": ""}, "Re: Hello"),
        ({"return-path": "<>"}, "Re: Hello"),
        ({"from": "MAILER-DAEMON@mx.example.org"}, "Undelivered"),
        ({"from": "No Reply <no-reply@example.org>"}, "Ticket 12 received"),
        ({}, "Out of Office: back on Monday"),
        ({}, "Automatic reply: How is it going?"),
        ({}, "Abwesenheitsnotiz: Urlaub"),
        ({}, "Réponse automatique : absent"),
    ],
)  # fmt: skip
def test_automatic_mail_is_no_reply(headers: dict[str, str], subject: str) -> None:
    assert reply("STOP", subject, **headers) is ReplyKind.automatic


@pytest.mark.parametrize("headers", [{"auto-submitted": "no"}, {"precedence": "normal"}, {"from": "norepley@example.org"}, {"list-id": "<team.example.org>"}])
def test_what_only_looks_automatic_is_a_reply(headers: dict[str, str]) -> None:
    assert reply("Yes, please.", "Re: are you out of office next week?", **headers) is ReplyKind.reply


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop.\n\nAda",
        "Unsubscribe" + OUR_MAIL,
        "Please unsubscribe me!",
        "Hi,\nplease take me off your list. Thanks, Ada",
        "Don’t email me again",
        "I asked twice now: stop sending me emails.",
        "abmelden",
    ],
)
def test_a_no_is_a_no(text: str) -> None:
    assert reply(text) is ReplyKind.stop


def test_an_empty_reply_with_such_a_subject_is_a_no() -> None:
    assert reply("", "Re: unsubscribe") is ReplyKind.stop
    assert reply("", "Re: How to unsubscribe a user from a board") is ReplyKind.reply


@pytest.mark.parametrize(
    "text",
    [
        "Where can our users unsubscribe from the weekly report?",
        "Please don't stop sending me emails about new features, I like them.",
        "We had to stop the roll-out, sorry.",
        "Cancel",
        "I would not say: please remove me from your list.",
        "Stop by our booth in May!",
        "I get lost in the settings, can you help?",
        "Our unsubscribe page is broken, who can help?",
        "I am happy to say nobody asked to be removed.",
    ],
)
def test_a_friendly_word_is_never_taken_for_a_no(text: str) -> None:
    assert reply(text) is ReplyKind.reply


@pytest.mark.parametrize("text", ["This is spam and you know it.", "Leave me alone!", "I am sick and tired of your mails", "How dare you write to my boss", "FUCK OFF"])
def test_an_angry_reply_is_told_by_plain_words(text: str) -> None:
    assert reply(text) is ReplyKind.angry


@pytest.mark.parametrize(
    "text",
    [
        "I am not saying this is spam, but it landed in my spam folder.",
        "The export is terrible and I am very disappointed. Call me.",
        "Your spammer filter caught this",
        "Glad you did not leave me alone with this!",
    ],
)
def test_criticism_is_a_reply_and_doubt_is_a_reply(text: str) -> None:
    assert reply(text) is ReplyKind.reply


def test_bounces_and_complaints_are_told_by_their_reports() -> None:
    def report(kind: str, status: str = "", action: str = "") -> ReplyKind:
        return what_is(Mail(headers={}, text="STOP", report=kind, status=status, action=action))

    assert report("delivery-status", "5.1.1", "failed") is ReplyKind.bounce
    assert report("delivery-status", "4.4.1", "delayed") is ReplyKind.bounce_later
    assert report("feedback-report") is ReplyKind.complaint


@pytest.mark.parametrize(
    "quotation",
    [
        OUR_MAIL,
        "\nOn Tue, 3 Mar 2026, at 09:12, Example team\n<team@example.com> wrote:\n> Hello",
        "\nAm Di., 3. März 2026 um 09:12 Uhr schrieb Example team <team@example.com>:\n> Hallo",
        "\nLe mar. 3 mars 2026 à 09:12, Example <team@example.com> a écrit :\n> Bonjour",
        "\n-----Original Message-----\nFrom: Example team\nunsubscribe",
        "\n________________________________\nFrom: Example team <team@example.com>\nSent: Tuesday",
        "\nFrom: Example team <team@example.com>\nSent: Tuesday\nunsubscribe",
        "\n-- \nAda Example\nunsubscribe",
    ],
)
def test_quotations_and_signatures_are_not_the_persons_words(quotation: str) -> None:
    assert own_words("On it. Will do\nby Friday." + quotation) == "On it. Will do\nby Friday."


def test_words_right_above_a_quotation_are_kept() -> None:
    assert own_words("On it!\nOn Tue, Example <team@example.com> wrote:\n> Hello") == "On it!"
