"""Customers of the simulation read real mail and answer through doors."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from tenure.rules.replies import ReplyKind, what_is
from tenure.services.tracking.mail import mail_of
from tenure.testing.company import Company, CompanyPlan, Reaction
from tenure.testing.customers import Customers, Letter, MailServer, read_letter
from tenure.testing.customers.writing import ANSWERS, STOP, bounce_of, complaint_about, reply_to

BASE = "http://127.0.0.1:9000"
LETTER = Letter(
    message_id="<1@example.com>", to="ada@example.com", subject="Hello", reply_to="replies+tag@example.com", text="Hi",
    clicks=("/t/c/one",), survey="/s/two", unsubscribe="/u/three", list_unsubscribe="/u/four",
)  # fmt: skip


class Doors:
    """Notes what is done, and takes it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def follow(self, path: str) -> int:
        self.asked.append(("GET", path))
        return 200

    def post(self, path: str, fields: dict[str, str]) -> int:
        self.asked.append(("POST", path))
        return 200

    def deliver(self, mail: bytes, to: str) -> int:
        self.asked.append(("MAIL", to))
        return 200


def _mail() -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "Ada <ada@example.com>", "Hello"
    mail["Reply-To"], mail["Message-ID"] = "replies+tag@example.com", "<1@example.com>"
    mail["List-Unsubscribe"] = f"<{BASE}/u/four>"
    mail.set_content(f"Look: {BASE}/t/c/one\nOr answer: {BASE}/s/two\nNot ours: https://example.com/t/c/other\n--\nNo more: {BASE}/u/three\n")
    return mail.as_bytes()


def _doing(kind: str) -> Doors:
    """One reaction of one customer, done."""
    company, doors = Company(CompanyPlan(customers=3, planned_days=5, past_weeks=1)), Doors()
    customers = Customers(company, doors, lambda at_us: None)  # type: ignore[arg-type]
    facts = company.history(3)
    customers.meet(facts)
    address = facts["users"]["email"].to_pylist()[0]
    company.respond = lambda customer_id, touch: [Reaction(kind, touch.at_us + 1, customer_id, score=7)]  # type: ignore[method-assign]
    letter = Letter(**{**LETTER.__dict__, "to": address})
    assert customers.receive(letter, "email", company.now_us)
    assert customers.act_until(company.now_us) == 0, "nobody acts before their time"
    customers.act_until(company.now_us + 2)
    return doors


def test_a_letter_shows_its_own_links_only() -> None:
    letter = read_letter(_mail(), BASE)
    assert (letter.to, letter.reply_to, letter.message_id) == (LETTER.to, LETTER.reply_to, LETTER.message_id)
    assert (letter.clicks, letter.survey) == (("/t/c/one",), "/s/two")
    assert (letter.unsubscribe, letter.list_unsubscribe) == ("/u/three", "/u/four")


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("clicked", [("GET", "/t/c/one")]),
        ("unsubscribed", [("POST", "/u/four")]),
        ("survey_answered", [("GET", "/s/two"), ("POST", "/s/two")]),
        ("replied", [("MAIL", "replies+tag@example.com")]),
        ("complained", [("MAIL", "replies+tag@example.com")]),
        ("delivered", []),
    ],
)
def test_each_reaction_goes_through_its_door(kind: str, asked: list[tuple[str, str]]) -> None:
    assert _doing(kind).asked == asked


def test_mails_that_come_back_mean_what_they_are_meant_to() -> None:
    from email import message_from_bytes
    from email.policy import default

    def meaning(raw: bytes) -> ReplyKind:
        return what_is(mail_of(message_from_bytes(raw, policy=default)))  # type: ignore[arg-type]

    assert {meaning(reply_to(LETTER, one, "m")) for one in ANSWERS} == {ReplyKind.reply}
    assert meaning(reply_to(LETTER, STOP, "m")) is ReplyKind.stop
    assert meaning(bounce_of(LETTER, "m")) is ReplyKind.bounce
    assert meaning(complaint_about(LETTER, "m")) is ReplyKind.complaint


def test_the_mail_server_takes_mail_and_refuses_the_same_mailboxes_always() -> None:
    server = MailServer(dead_share=0.5, seed=1, alive=frozenset({"team@example.com"})).start()
    try:
        addresses = [f"person{number}@example.com" for number in range(40)]
        dead = [one for one in addresses if server.is_dead(one)]
        alive = [one for one in addresses if one not in dead]
        assert dead and alive and not server.is_dead("team@example.com")
        with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as line:
            line.sendmail("a@example.com", [alive[0]], _mail())
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                line.sendmail("a@example.com", [dead[0]], _mail())
        assert [one.to for one in server.collect()] == [alive[0]] and server.refused == [dead[0]]
        assert server.collect() == []
    finally:
        server.stop()


def test_a_door_that_closed_the_line_is_asked_again() -> None:
    import socket
    import threading

    from tenure.testing.customers import Door

    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"):
            line, _ = listening.accept()
            with line:
                line.recv(4096)
                line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    door = Door("127.0.0.1", listening.getsockname()[1], lambda body: {})
    assert (door.follow("/a"), door.follow("/b")) == (200, 204)
    door.close()
    thread.join(10)
    listening.close()
