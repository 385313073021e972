"""One line to an SMTP server, kept for a batch. It knows at which moment something went wrong, which decides everything."""

from __future__ import annotations

import re
import smtplib
import ssl

from tenure.ports.senders import OutcomeUnknown, RefusedForGood, SendError, TryLater
from tenure.providers.caps import Unable
from tenure.providers.smtp.config import SmtpSettings
from tenure.providers.smtp.mapping import Letter

_DEAD_CODES = frozenset({550, 551, 553, 556})
_ENHANCED = re.compile(rb"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_CLOSING = 421
_READY_FOR_DATA = 354
_LINE_START_DOT = re.compile(rb"(?m)^\.")
Answer = tuple[int, bytes]


class SmtpLine:
    """Not for two threads at once. `password` is kept to reconnect and never shown."""

    def __init__(self, settings: SmtpSettings, password: str = "", context: ssl.SSLContext | None = None) -> None:
        self._settings, self._password = settings, password
        self._context = context
        self._connection: smtplib.SMTP | None = None
        self._carried = 0

    def __repr__(self) -> str:
        return "SmtpLine()"

    def deliver(self, letter: Letter) -> None:
        """Hand one mail over. Raises RefusedForGood, TryLater, or OutcomeUnknown once its content was on the way."""
        if self._carried >= self._settings.mails_per_connection:
            self.close()
        is_kept = self._connection is not None
        connection = self._connection or self._open()
        try:
            self._envelope(connection, letter)
        except smtplib.SMTPServerDisconnected:
            self._drop()
            if not is_kept:
                raise TryLater("smtp: the line broke before the message was handed over") from None
            # a kept line may have been closed by the server while it was idle: nothing of this mail was said on it
            connection = self._open()
            try:
                self._envelope(connection, letter)
            except smtplib.SMTPServerDisconnected:
                self._drop()
                raise TryLater("smtp: the line broke before the message was handed over") from None
        self._content(connection, letter)
        self._carried += 1

    def close(self) -> None:
        """Say goodbye; the next mail opens a new line."""
        connection, self._connection, self._carried = self._connection, None, 0
        if connection is not None:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()

    def try_out(self) -> None:
        """Connect, secure, sign in and hang up: raises what a send would."""
        self._open()
        self.close()

    def _drop(self) -> None:
        connection, self._connection, self._carried = self._connection, None, 0
        if connection is not None:
            connection.close()

    # --- connecting --------------------------------------------------------------------------------------------------

    def _open(self) -> smtplib.SMTP:
        try:
            self._connection = self._connected()
        except SendError:
            raise
        except ssl.SSLCertVerificationError:
            raise RefusedForGood("smtp: the certificate of the server is not valid for its name") from None
        except smtplib.SMTPResponseException as problem:
            raise self._verdict("greeting", (problem.smtp_code, _bytes(problem.smtp_error))) from None
        except (smtplib.SMTPException, OSError) as problem:
            raise TryLater(f"smtp: the server cannot be reached ({type(problem).__name__})") from None
        self._carried = 0
        return self._connection

    def _connected(self) -> smtplib.SMTP:
        one = self._settings
        hello = one.hello_name or one.domain
        if one.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                one.host, one.port, local_hostname=hello, timeout=one.timeout_seconds, context=self._tls()
            )
        else:
            connection = smtplib.SMTP(one.host, one.port, local_hostname=hello, timeout=one.timeout_seconds)
        try:
            connection.ehlo_or_helo_if_needed()
            if one.security == "starttls":
                self._secure(connection)
            if self._password:
                self._sign_in(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _secure(self, connection: smtplib.SMTP) -> None:
        if not connection.has_extn("starttls"):
            raise Unable("smtp", "STARTTLS at this server; mail is not sent in the clear")
        connection.starttls(context=self._tls())
        connection.ehlo()

    def _sign_in(self, connection: smtplib.SMTP) -> None:
        try:
            connection.login(self._settings.user, self._password)
        except smtplib.SMTPNotSupportedError:
            raise Unable("smtp", "signing in at this server") from None
        except smtplib.SMTPAuthenticationError as problem:
            if 400 <= problem.smtp_code < 500:
                raise TryLater(f"smtp: signing in is not possible now ({problem.smtp_code})") from None
            raise RefusedForGood(f"smtp: user or password are not accepted ({problem.smtp_code})") from None

    def _tls(self) -> ssl.SSLContext:
        return self._context or ssl.create_default_context()

    # --- one mail ----------------------------------------------------------------------------------------------------

    def _envelope(self, connection: smtplib.SMTP, letter: Letter) -> None:
        """Sender, recipient and the word DATA: until its 354 nothing was handed over."""
        options = ["SMTPUTF8"] if letter.is_international else []
        if options and not connection.has_extn("smtputf8"):
            raise Unable("smtp", "addresses beyond ASCII at this server")
        limit = connection.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(letter.data):
            raise Unable("smtp", "a message of this size at this server")
        self._expect(connection, "sender", connection.mail(letter.envelope_from, options), 250)
        self._expect(connection, "recipient", connection.rcpt(letter.to), 250, 251)
        self._expect(connection, "message", connection.docmd("DATA"), _READY_FOR_DATA)

    def _content(self, connection: smtplib.SMTP, letter: Letter) -> None:
        """From the first byte on nobody can say what the server keeps, until it answers."""
        data = letter.data if letter.data.endswith(b"\r\n") else letter.data + b"\r\n"
        try:
            connection.send(_LINE_START_DOT.sub(b"..", data) + b".\r\n")
            answer = connection.getreply()
        except (smtplib.SMTPException, OSError):
            self._drop()
            raise OutcomeUnknown("smtp: the line broke after the message was handed over") from None
        self._expect(connection, "message", answer, 250)

    def _expect(self, connection: smtplib.SMTP, stage: str, answer: Answer, *good: int) -> None:
        if answer[0] in good:
            return
        self._clean(connection, answer[0])
        raise self._verdict(stage, answer)

    def _clean(self, connection: smtplib.SMTP, code: int) -> None:
        """Make the line fit for the next mail, or let it go."""
        if code == _CLOSING or code < 0:
            self._drop()
            return
        try:
            connection.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _verdict(self, stage: str, answer: Answer) -> SendError:
        """By the code, never by the words (which repeat addresses)."""
        code, words = answer
        enhanced = _ENHANCED.search(words)
        shown = f"{code} {enhanced[0].decode()}" if enhanced else str(code)
        if 500 <= code < 600:
            return RefusedForGood(f"smtp: the {stage} was refused ({shown})", bounced=_is_dead(stage, code, enhanced))
        if 400 <= code < 500:
            return TryLater(f"smtp: the {stage} is not taken now ({shown})")
        return TryLater(f"smtp: the server does not speak SMTP ({stage}, {code})")


def _is_dead(stage: str, code: int, enhanced: re.Match[bytes] | None) -> bool:
    """The mailbox does not exist (RFC 3463, X.1.x and X.2.1), told from a full one or a blocked sender."""
    if stage not in ("recipient", "message"):
        return False
    if enhanced is not None:
        subject, detail = int(enhanced[2]), int(enhanced[3])
        # 5.1.7 and 5.1.8 speak of the sender's address
        return (subject == 1 and detail not in (7, 8)) or (subject == 2 and detail == 1)
    return stage == "recipient" and code in _DEAD_CODES


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()
