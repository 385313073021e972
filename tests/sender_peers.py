"""Peers of the shipped senders: a real SMTP server, and an HTTP server that keeps Slack's or a webhook's rules."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tenure.testing.senders import Mood

USER, PASSWORD = "tenure", "smtp-pass-4711"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MailServer:
    """aiosmtpd, with moods and answers by recipient."""

    moods = frozenset(Mood)

    def __init__(self, **options: Any) -> None:
        self.mood = Mood.takes
        self.letters: list[tuple[str, list[str], EmailMessage]] = []
        self.by_recipient: dict[str, str] = {}
        self.connections = 0
        self.drop_at = ""
        self._tries = 0
        self._options = options
        self.port = free_port()
        self._start()

    def _start(self) -> None:
        self._controller = _Controller(self, "127.0.0.1", self.port, self._options)
        self._controller.start()
        self.connections = 0  # the controller tries the server once itself

    def behave(self, mood: Mood) -> None:
        self.mood = mood
        if mood is Mood.gone:
            self.stop()

    def heard(self) -> int:
        return self._tries

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop(no_assert=True)
            self._controller = None

    # --- hooks of aiosmtpd -------------------------------------------------------------------------------------------

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.drop_at == "RCPT":
            server.transport.abort()
        if self.mood is Mood.refuses:
            self._tries += 1
            return f"550 5.1.1 <{address}> unknown, A private subject"
        if address in self.by_recipient:
            return self.by_recipient[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._tries += 1
        if self.mood is Mood.busy:
            return "451 4.3.0 busy"
        if self.mood is Mood.breaks_after:
            server.transport.abort()
            return "250 nobody hears this"
        if self.mood is Mood.silent_after:
            import asyncio

            await asyncio.sleep(3)
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        self.letters.append((envelope.mail_from or "", list(envelope.rcpt_tos), message_from_bytes(content, policy=default)))  # type: ignore[arg-type]
        return "250 OK"


class _Controller(Controller):
    def __init__(self, peer: MailServer, host: str, port: int, options: dict[str, Any]) -> None:
        self._peer, self._options = peer, options
        super().__init__(peer, hostname=host, port=port)

    def factory(self) -> SMTP:
        self._peer.connections += 1
        return SMTP(self._peer, enable_SMTPUTF8=True, **self._options)


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


Answer = tuple[int, dict[str, str], bytes]


class HttpPeer:
    """A local HTTP server; `answer` decides what a taken or refused request gets."""

    moods = frozenset(Mood)

    def __init__(self, answer: Callable[[HttpPeer, str, dict[str, str], bytes], Answer]) -> None:
        self.mood = Mood.takes
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self._answer = answer
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                peer.requests.append((self.path, headers, body))
                if peer.mood is Mood.breaks_after:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                if peer.mood is Mood.silent_after:
                    peer.released.wait(5)
                    self.close_connection = True
                    return
                status, more, content = peer._answer(peer, self.path, headers, body)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self.released = threading.Event()
        self._server: ThreadingHTTPServer | None = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def behave(self, mood: Mood) -> None:
        self.mood = mood
        if mood is Mood.gone:
            self.stop()

    def heard(self) -> int:
        return len(self.requests)

    def stop(self) -> None:
        self.released.set()
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()


def as_json(content: object, status: int = 200, **headers: str) -> Answer:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(content).encode()


TOKEN = "xoxb-secret-0815"
MAILS = {"U0LEE": "Lee@example.com"}
CHANNELS = {"#success": "C001", "C001": "C001", "#archived": "C009"}


class SlackPeer(HttpPeer):
    """chat.postMessage, chat.update, auth.test and one incoming webhook, with Slack's rules and error words."""

    def __init__(self) -> None:
        self.posted: dict[str, dict[str, Any]] = {}
        self.mails = dict(MAILS)
        self.error = ""
        self.retry_after = "7"
        super().__init__(SlackPeer._slack)  # type: ignore[arg-type]

    @property
    def base_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def hook_url(self) -> str:
        return f"{self.url}/services/T1/B1/secret-hook"

    def _slack(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if self.mood is Mood.busy:
            return as_json({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": self.retry_after})
        if path.startswith("/services/"):
            return self._hook(body)
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return as_json({"ok": False, "error": "invalid_auth"})
        if path == "/api/auth.test":
            return as_json({"ok": True, "team": "Example"})
        if path.startswith("/api/users.info"):
            mail = self.mails.get((path + body.decode()).partition("user=")[2])
            return as_json({"ok": True, "user": {"profile": {"email": mail}}} if mail else {"ok": False, "error": "user_not_found"})
        content = json.loads(body)
        error = self.error or ("channel_not_found" if self.mood is Mood.refuses else self._objection(path, content))
        if error:
            return as_json({"ok": False, "error": error})
        ts = content.get("ts") or f"1700000000.{len(self.posted):06}"
        self.posted[ts] = content
        return as_json({"ok": True, "channel": CHANNELS[content["channel"]], "ts": ts})

    def _objection(self, path: str, content: dict[str, Any]) -> str:
        if content.get("channel") not in CHANNELS:
            return "channel_not_found"
        if content["channel"] == "#archived":
            return "is_archived"
        if path == "/api/chat.update" and content.get("ts") not in self.posted:
            return "message_not_found"
        return _block_objection(content)

    def _hook(self, body: bytes) -> Answer:
        if self.mood is Mood.refuses:
            return 404, {}, b"no_service"
        objection = _block_objection(json.loads(body))
        if objection:
            return 400, {}, objection.encode()
        self.posted[f"hook-{len(self.posted)}"] = json.loads(body)
        return 200, {}, b"ok"


def _block_objection(content: dict[str, Any]) -> str:
    if not content.get("text") and not content.get("blocks"):
        return "no_text"
    if len(content.get("text", "")) > 40_000:
        return "msg_too_long"
    blocks = content.get("blocks") or []
    limits = {"header": 150, "section": 3000}
    for block in blocks:
        if block["type"] in limits and not 1 <= len(block["text"]["text"]) <= limits[block["type"]]:
            return "invalid_blocks"
    return "invalid_blocks" if len(blocks) > 50 else ""
