"""Mail against a real SMTP server, well and badly behaved."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from tests.sender_peers import PASSWORD, USER, MailServer, authenticate, free_port

from tenure.errors import BadInput
from tenure.model.touches import Channel
from tenure.ports.invitations import Attendee, Meeting
from tenure.ports.senders import Attachment, Message, OutcomeUnknown, RefusedForGood, TryLater
from tenure.providers.calendar.mapping import CalendarInvitations
from tenure.providers.config import parse_section
from tenure.providers.smtp.config import SmtpSettings
from tenure.providers.smtp.mapping import Identity, letter_of
from tenure.providers.smtp.send import SmtpSender

NOW_US = 1_790_000_000_000_000
US = Identity(from_address="team@example.com", from_name="Example team")


@pytest.fixture
def server() -> Iterator[MailServer]:
    found = MailServer()
    yield found
    found.stop()


@pytest.fixture
def sender(server: MailServer) -> Iterator[SmtpSender]:
    found = SmtpSender(settings(port=server.port))
    yield found
    found.close()


def settings(**fields: Any) -> SmtpSettings:
    usual: dict[str, Any] = {"host": "127.0.0.1", "security": "none", "from_address": "team@example.com", "timeout_seconds": 1}
    return SmtpSettings(**(usual | fields))


def mail(key: str = "k1", **fields: Any) -> Message:
    usual: dict[str, Any] = {"channel": Channel.email, "to": "ada@example.org", "subject": "Hello", "text": "Words\n"}
    return Message(key=key, **(usual | fields))


def parsed(message: Message, identity: Identity = US) -> EmailMessage:
    found = message_from_bytes(letter_of(message, identity, NOW_US).data, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def test_a_mail_arrives_with_text_html_and_headers(server: MailServer, sender: SmtpSender) -> None:
    link = "https://success.example.com/u/" + "x" * 300
    done = sender.send(
        mail(
            subject="Grüße: a subject that is long enough to be folded over more than one line of a header, twice even, perhaps",
            text="Hello Ada,\n.a line that begins with a dot\n",
            html="<p>Hello Ada ✓</p>",
            recipient_name="Ada Example",
            sender_name="Otto Owner",
            reply_to="replies+1-abc@in.example.com",
            headers={"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        ),
        NOW_US,
    )
    [(envelope_from, recipients, letter)] = server.letters
    assert (envelope_from, recipients) == ("team@example.com", ["ada@example.org"])
    assert letter["From"] == "Otto Owner <team@example.com>"
    assert letter["To"] == "Ada Example <ada@example.org>"
    assert letter["Reply-To"] == "replies+1-abc@in.example.com"
    assert str(letter["Subject"]).startswith("Grüße: a subject") and str(letter["Subject"]).endswith("twice even, perhaps")
    assert letter["List-Unsubscribe"] == f"<{link}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Message-ID"] == done.message_id
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "multipart/alternative"
    plain, page = letter.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == "Hello Ada,\n.a line that begins with a dot\n"
    assert "Hello Ada ✓" in page.get_content()


def test_one_connection_serves_a_batch_and_a_new_one_the_next(server: MailServer) -> None:
    sender = SmtpSender(settings(port=server.port, mails_per_connection=3))
    for number in range(7):
        sender.send(mail(f"k{number}"), NOW_US)
    sender.close()
    assert len(server.letters) == 7
    assert server.connections == 3


def test_a_kept_line_the_server_closed_is_opened_again(server: MailServer, sender: SmtpSender) -> None:
    sender.send(mail("k1"), NOW_US)
    connection = sender._line._connection
    assert connection is not None and connection.sock is not None
    connection.sock.shutdown(socket.SHUT_RDWR)
    sender.send(mail("k2"), NOW_US)
    assert [letter["Message-ID"] for _, _, letter in server.letters] == [parsed(mail("k1"))["Message-ID"], parsed(mail("k2"))["Message-ID"]]


@pytest.mark.parametrize(
    ("answer", "kind", "is_dead"),
    [
        ("550 5.1.1 no such user", RefusedForGood, True),
        ("550 no such user here", RefusedForGood, True),
        ("553 5.1.3 bad mailbox syntax", RefusedForGood, True),
        ("550 5.7.1 blocked by policy", RefusedForGood, False),
        ("552 5.2.2 mailbox full", RefusedForGood, False),
        ("550 5.1.8 bad sender", RefusedForGood, False),
        ("450 4.2.1 greylisted", TryLater, False),
        ("421 4.3.2 closing", TryLater, False),
    ],
)
def test_a_recipient_is_refused_by_its_code_and_the_next_one_goes(
    server: MailServer, sender: SmtpSender, answer: str, kind: type[Exception], is_dead: bool
) -> None:
    server.by_recipient["dead@example.org"] = answer
    with pytest.raises(kind) as caught:
        sender.send(mail(to="dead@example.org"), NOW_US)
    assert getattr(caught.value, "bounced", False) is is_dead
    assert "dead@" not in str(caught.value) and answer[:3] in str(caught.value)
    sender.send(mail("k2"), NOW_US)
    assert [recipients for _, recipients, _ in server.letters] == [["ada@example.org"]]


def test_a_line_that_breaks_before_the_message_is_tried_later(server: MailServer, sender: SmtpSender) -> None:
    server.drop_at = "RCPT"
    with pytest.raises(TryLater):
        sender.send(mail(), NOW_US)
    assert server.letters == []


def test_signing_in_works_and_a_wrong_password_is_refused_for_good() -> None:
    server = MailServer(authenticator=authenticate, auth_require_tls=False)
    try:
        good = SmtpSender(settings(port=server.port, user=USER, password_secret="p"), PASSWORD)
        good.try_out()
        good.send(mail(), NOW_US)
        good.close()
        bad = SmtpSender(settings(port=server.port, user=USER, password_secret="p"), "wrong-password")
        with pytest.raises(RefusedForGood, match="user or password") as caught:
            bad.try_out()
        assert "wrong-password" not in str(caught.value)
    finally:
        server.stop()
    assert len(server.letters) == 1


def test_without_starttls_nothing_is_sent_in_the_clear(server: MailServer) -> None:
    with pytest.raises(RefusedForGood, match="STARTTLS"):
        SmtpSender(settings(port=server.port, security="starttls")).send(mail(), NOW_US)
    assert server.letters == []


def test_starttls_secures_the_line(tmp_path: Any) -> None:
    theirs, ours = certificates(tmp_path)
    server = MailServer(tls_context=theirs, require_starttls=True)
    try:
        sender = SmtpSender(settings(port=server.port, security="starttls", host="localhost"), context=ours)
        sender.send(mail(), NOW_US)
        sender.close()
        with pytest.raises(RefusedForGood, match="certificate"):
            SmtpSender(settings(port=server.port, security="starttls", host="localhost")).send(mail(), NOW_US)
    finally:
        server.stop()
    assert len(server.letters) == 1


def certificates(folder: Any) -> tuple[Any, Any]:
    """A server's context with a certificate for localhost, and a client's that trusts it."""
    import ssl
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + pem)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(folder / "both.pem")
    return theirs, ssl.create_default_context(cadata=pem.decode())


def test_a_server_that_never_greets_is_tried_later() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        with pytest.raises(TryLater):
            SmtpSender(settings(port=listening.getsockname()[1], timeout_seconds=0.3)).send(mail(), NOW_US)


def scripted(script: Callable[[Any], None]) -> int:
    """A server of a few lines for what no honest server does; returns its port."""
    port = free_port()
    listening = socket.create_server(("127.0.0.1", port))

    def run() -> None:
        with listening, listening.accept()[0] as line, line.makefile("rwb", buffering=0) as talk:
            script(talk)

    threading.Thread(target=run, daemon=True).start()
    return port


def test_a_line_that_breaks_in_the_middle_of_the_content_leaves_the_outcome_unknown() -> None:
    def script(talk: Any) -> None:
        talk.write(b"220 here\r\n")
        for answer in (b"250 here\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            talk.readline()
            talk.write(answer)
        talk.read(200)

    with pytest.raises(OutcomeUnknown):
        SmtpSender(settings(port=scripted(script))).send(mail(text="x" * 5_000_000), NOW_US)


def test_a_server_that_speaks_no_smtp_is_tried_later() -> None:
    port = scripted(lambda talk: talk.write(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with pytest.raises(TryLater):
        SmtpSender(settings(port=port)).send(mail(), NOW_US)


def test_no_header_can_be_smuggled_in() -> None:
    evil = "Hi\r\nBcc: everybody@example.org\r\n\r\nbody"
    letter = parsed(mail(subject=evil, recipient_name=evil, sender_name=evil))
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Hi Bcc: everybody@example.org body"
    assert letter["To"].addresses[0].addr_spec == "ada@example.org"
    for smuggled in ({"X-A": "a\r\nBcc: b@example.org"}, {"X-A\r\nBcc": "b"}, {"Bcc": "b@example.org"}, {"From": "b@example.org"}):
        with pytest.raises(RefusedForGood, match="unsupported"):
            letter_of(mail(headers=smuggled), US, NOW_US)


@pytest.mark.parametrize("to", ["ada", "ada@", "@example.org", "ada@example.org\r\nRCPT TO:<b@example.org>", "a b@example.org", "a@b@c", "", "ada@local"])
def test_what_is_no_address_is_refused_as_dead(to: str) -> None:
    with pytest.raises(RefusedForGood) as caught:
        letter_of(mail(to=to), US, NOW_US)
    assert caught.value.bounced


def test_an_address_beyond_ascii_goes_where_the_server_takes_it(server: MailServer, sender: SmtpSender) -> None:
    sender.send(mail(to="jürgen@example.org"), NOW_US)
    assert server.letters[0][1] == ["jürgen@example.org"]


def test_the_message_id_follows_from_the_touch_and_changes_with_a_later_version() -> None:
    first, again = parsed(mail()), parsed(mail())
    assert first["Message-ID"] == again["Message-ID"]
    assert str(first["Message-ID"]).endswith("@example.com>")
    later = parsed(mail(text="New words", update_of=str(first["Message-ID"])))
    assert later["Message-ID"] != first["Message-ID"]
    assert later["In-Reply-To"] == later["References"] == first["Message-ID"]


def test_an_invitation_is_a_part_of_its_own_and_a_file() -> None:
    meeting = Meeting(
        key="k1", title="Success review", starts_us=NOW_US, minutes=30, organizer=Attendee(email="otto@example.com"),
        attendees=(Attendee(email="ada@example.org"),),
    )  # fmt: skip
    file = CalendarInvitations("example.com").request(meeting, NOW_US)
    letter = parsed(mail(html="<p>Words</p>", attachments=(file, Attachment(name="a.pdf", mime="application/pdf", data=b"%PDF"))))
    kinds = [part.get_content_type() for part in letter.walk()]
    assert kinds == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics", "application/pdf",
    ]  # fmt: skip
    invitation = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    assert invitation.get_param("method") == "REQUEST"
    assert "SUMMARY:Success review" in invitation.get_content()


def test_late_bounces_come_back_to_the_reply_address_when_asked_for() -> None:
    identity = Identity(from_address="team@example.com", bounces_to_reply_address=True)
    letter = letter_of(mail(reply_to="replies+1-abc@in.example.com"), identity, NOW_US)
    assert letter.envelope_from == "replies+1-abc@in.example.com"
    assert letter_of(mail(), identity, NOW_US).envelope_from == "team@example.com"


def test_html_alone_brings_its_words_as_text() -> None:
    letter = parsed(mail(text="", html="<h1>Hello</h1><p>Ada &amp; Bob<br>there</p><script>no()</script>"))
    body = letter.get_body(("plain",))
    assert body is not None
    assert body.get_content().split() == ["Hello", "Ada", "&", "Bob", "there"]


def test_settings_say_what_is_wrong_in_one_sentence() -> None:
    with pytest.raises(BadInput, match=r"providers\.smtp: a password is never sent in the clear"):
        parse_section(SmtpSettings, "smtp", {"host": "mail.example.com", "security": "none", "user": "u", "password_secret": "p", "from_address": "a@example.com"})
    with pytest.raises(BadInput, match=r"providers\.smtp\.from_address: use a plain address"):
        parse_section(SmtpSettings, "smtp", {"host": "h", "from_address": "nobody"})
    with pytest.raises(BadInput, match=r"providers\.smtp\.hots is not a known setting"):
        parse_section(SmtpSettings, "smtp", {"hots": "h", "host": "h", "from_address": "a@example.com"})
