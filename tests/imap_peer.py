"""A mailbox on this machine that keeps IMAP's rules (RFC 3501): sign in first, examine before asking, UIDs only grow."""

from __future__ import annotations

import re
import socketserver
import threading
from typing import ClassVar

USER, PASSWORD = "replies@in.example.com", "open sesame"


class ImapPeer:
    """Mails by UID; `era` is the UIDVALIDITY. `asked` keeps the commands without their arguments."""

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.era, self.asked = 7, list[str]()
        self.next_uid = 10
        self.drops_after_fetches: int | None = None
        peer = self

        class Handler(_Session):
            box: ClassVar[ImapPeer] = peer

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def arrive(self, raw: bytes) -> int:
        uid, self.next_uid = self.next_uid, self.next_uid + 3
        self.mails[uid] = raw
        return uid

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Session(socketserver.StreamRequestHandler):
    box: ClassVar[ImapPeer]

    def handle(self) -> None:
        self.signed_in = self.examined = False
        self._say("* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode().rstrip("\r\n").partition(" ")
            command = " ".join(rest.upper().split()[:2] if rest.upper().startswith("UID") else rest.upper().split()[:1])
            self.box.asked.append(command)
            if command == "LOGOUT":
                self._say("* BYE .", f"{tag} OK .")
                return
            done = self._answer(command, rest)
            if done is None:
                return
            self._say(f"{tag} {done} .")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def _answer(self, command: str, rest: str) -> str | None:
        if command == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1")
            return "OK"
        if command == "LOGIN":
            self.signed_in = rest.split(" ", 1)[1].replace('"', "") == f"{USER} {PASSWORD}"
            return "OK" if self.signed_in else f"NO {USER} is not let in"
        if not self.signed_in:
            return "BAD sign in first"
        if command == "EXAMINE":
            self.examined = rest.split(" ", 1)[1] == '"INBOX"'
            if self.examined:
                self._say(f"* {len(self.box.mails)} EXISTS", f"* OK [UIDVALIDITY {self.box.era}] valid")
            return "OK [READ-ONLY]" if self.examined else "NO no such folder"
        return self._uid(command, rest) if self.examined else "BAD examine first"

    def _uid(self, command: str, rest: str) -> str | None:
        if command == "UID SEARCH":
            numbered = re.search(r"SEARCH UID (\d+):\*", rest)
            known = sorted(self.box.mails)
            found = [one for one in known if one >= int(numbered[1])] or known[-1:] if numbered else known
            self._say("* SEARCH " + " ".join(map(str, found)))
            return "OK"
        first, last = re.search(r"FETCH (\d+)(?::(\d+))?", rest).groups()  # type: ignore[union-attr]
        for place, uid in enumerate(sorted(self.box.mails), 1):
            if int(first) <= uid <= int(last or first) and not self._fetch(place, uid, rest):
                return None
        return "OK"

    def _fetch(self, place: int, uid: int, rest: str) -> bool:
        raw = self.box.mails[uid]
        if "RFC822.SIZE" in rest:
            self._say(f"* {place} FETCH (UID {uid} RFC822.SIZE {len(raw)})")
            return True
        assert "BODY.PEEK[]" in rest, "reading must not mark a mail as seen"
        if self.box.drops_after_fetches == 0:
            return False
        if self.box.drops_after_fetches is not None:
            self.box.drops_after_fetches -= 1
        self.wfile.write(f"* {place} FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")
        return True
