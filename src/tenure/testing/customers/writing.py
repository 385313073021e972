"""The mails customers and their servers write back (RFC 5322, 3464, 5965)."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from tenure.testing.customers.letters import Letter

ANSWERS = (
    "Thanks for writing. We have been meaning to ask how others set this up.",
    "Good timing: can we talk on Thursday?",
    "It is mostly fine. What costs us time is getting new colleagues started.",
    "Our plans have changed a little, I will come back to you next week.",
)
STOP = "Please unsubscribe me from these mails."


def reply_to(letter: Letter, words: str, name: str) -> bytes:
    """A person answers; `name` makes the mail one."""
    mail = _mail(letter.to, letter.reply_to, f"Re: {letter.subject}", name)
    mail["In-Reply-To"] = letter.message_id
    mail.set_content(words)
    return mail.as_bytes(policy=SMTP)


def bounce_of(letter: Letter, name: str) -> bytes:
    """A server took the mail and found later that nobody is there."""
    status = f"Reporting-MTA: dns; mail.example.com\r\n\r\nFinal-Recipient: rfc822; {letter.to}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    return _report(letter, "delivery-status", "message/delivery-status", status, name)


def complaint_about(letter: Letter, name: str) -> bytes:
    """Somebody pressed the spam button, and their provider says so."""
    return _report(letter, "feedback-report", "message/feedback-report", "Feedback-Type: abuse\r\nVersion: 1\r\n", name)


def _mail(sender: str, to: str, subject: str, name: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = " ".join(subject.split())
    mail["Message-ID"] = f"<{name}@example.com>"
    return mail


def _report(letter: Letter, kind: str, part: str, fields: str, name: str) -> bytes:
    boundary = f"report-{name}"
    head = (
        f"From: mailer-daemon@example.com\r\nTo: {letter.reply_to}\r\nSubject: Report\r\nMessage-ID: <{name}@example.com>\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type={kind}; boundary="{boundary}"\r\n\r\n'
    )
    words = f"--{boundary}\r\nContent-Type: text/plain\r\n\r\nThis is an automatic report.\r\n"
    return f"{head}{words}--{boundary}\r\nContent-Type: {part}\r\n\r\n{fields}\r\n--{boundary}--\r\n".encode()
