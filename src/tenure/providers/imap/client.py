"""One signed-in line to a mailbox, over the standard library's IMAP."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tenure.errors import Unavailable
from tenure.providers.imap.config import ImapSettings

Answer = TypeVar("Answer")
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")


class ImapLine:
    """An opened folder. Every failure is `Unavailable`, in words without the server's own (they may name the user)."""

    def __init__(self, connection: imaplib.IMAP4, era: int) -> None:
        self._connection, self.era = connection, era

    def numbers(self, criterion: str) -> list[int]:
        """UIDs that meet a search, in order."""
        found = self._uid("SEARCH", criterion)
        return sorted(int(one) for part in found if isinstance(part, bytes) for one in part.split())

    def sizes(self, first: int, last: int) -> dict[int, int]:
        """Bytes of each mail in a range of UIDs."""
        sizes = {}
        for part in self._uid("FETCH", f"{first}:{last}", "(UID RFC822.SIZE)"):
            if isinstance(part, bytes) and (uid := _UID.search(part)) and (size := _SIZE.search(part)):
                sizes[int(uid[1])] = int(size[1])
        return sizes

    def raw(self, number: int) -> bytes | None:
        """A whole mail; None when it is gone meanwhile."""
        for part in self._uid("FETCH", str(number), "(UID BODY.PEEK[])"):
            if isinstance(part, tuple):
                return bytes(part[1])
        return None

    def _uid(self, command: str, *arguments: str) -> list[bytes | tuple[bytes, bytes] | None]:
        status, found = translated(lambda: self._connection.uid(command, *arguments))
        if status != "OK":
            raise Unavailable(
                "imap: the mailbox did not answer a question.", "It is asked again in a minute."
            )
        return list(found)


@contextmanager
def opened_folder(settings: ImapSettings, password: str) -> Iterator[ImapLine]:
    """Sign in and open the folder to be read only. Raises `Unavailable`."""
    connection = translated(lambda: _connected(settings))
    try:
        try:
            translated(lambda: connection.login(settings.user, password))
        except _Refused:
            raise Unavailable(
                "imap: the sign-in was refused.", "Check user and password of [providers.imap]."
            ) from None
        yield ImapLine(connection, _era(connection, settings.folder))
    finally:
        try:
            connection.logout()
        except (OSError, imaplib.IMAP4.error):
            connection.shutdown()


class _Refused(Unavailable):
    """The server said no."""


def translated(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except imaplib.IMAP4.abort:
        raise Unavailable("imap: the line broke.", "It is tried again in a minute.") from None
    except imaplib.IMAP4.error:
        raise _Refused("imap: the server refused.", "Check [providers.imap].") from None
    except OSError as problem:  # also TLS and timeouts
        raise Unavailable(
            f"imap: the server cannot be reached ({type(problem).__name__}).",
            "Check host, port and security.",
        ) from None


def _connected(settings: ImapSettings) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if settings.security == "tls":
        return imaplib.IMAP4_SSL(
            settings.host, settings.port, ssl_context=context, timeout=settings.timeout_seconds
        )
    connection = imaplib.IMAP4(settings.host, settings.port, timeout=settings.timeout_seconds)
    if settings.security == "starttls":
        connection.starttls(context)
    return connection


def _era(connection: imaplib.IMAP4, folder: str) -> int:
    """Opens the folder; its UIDVALIDITY."""
    quoted = '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
    status, _ = translated(lambda: connection.select(quoted, readonly=True))
    if status != "OK":
        raise Unavailable(f"imap: there is no folder {folder}.", "Name it in [providers.imap].")
    _, found = connection.response("UIDVALIDITY")
    return int(found[0]) if found and found[0] else 0
