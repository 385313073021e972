"""The way in from outside: one kept connection to the API on the loopback address, as a browser or a mail server has it."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
Sign = Callable[[bytes], Mapping[str, str]]
"""Headers that prove a body to the inbound door."""


class Door:
    """Every method gives the status of the answer."""

    def __init__(self, host: str, port: int, sign: Sign) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=30)
        self._sign = sign

    def follow(self, path: str) -> int:
        """A person follows a link in a browser."""
        return self._ask("GET", path, None, {"User-Agent": BROWSER})

    def post(self, path: str, fields: Mapping[str, str]) -> int:
        """A form is sent, or the one click of RFC 8058."""
        headers = {"User-Agent": BROWSER, "Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields).encode(), headers)

    def deliver(self, mail: bytes, to: str) -> int:
        """A mail comes back to the mailbox of replies."""
        return self._ask("POST", "/inbound/mail", mail, {"Content-Type": "message/rfc822", "Tenure-Recipient": to, **self._sign(mail)})

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> int:
        """A kept connection may have been closed while it was idle: asked again on a new one, every door takes it once."""
        try:
            return self._asked(method, path, body, headers)
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()
            return self._asked(method, path, body, headers)

    def _asked(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> int:
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        answer.read()
        return answer.status
