"""Secrets, sealed with AES-256-GCM. The key comes from the environment or a file only its owner may read."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenure.errors import BadInput, Corrupt, NotFound, Unavailable
from tenure.store.engine import Database
from tenure.store.statements import audit, insert_into, not_found, replacing
from tenure.store.tables import secrets

KEY_VARIABLE = "TENURE_SECRET_KEY"
KEY_FILE = "secret.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class SecretKey:
    """Finds the key when it is first needed: TENURE_SECRET_KEY, else the key file, which is made when absent."""

    def __init__(self, folder: Path | None, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment

    def __repr__(self) -> str:
        return "SecretKey()"

    def value(self) -> bytes:
        """Raises BadInput when the variable or the file holds no key."""
        given = self._environment.get(KEY_VARIABLE)
        if given:
            return _decoded(given, f"The environment variable {KEY_VARIABLE}")
        if self._folder is None:
            raise BadInput(
                f"Secrets need a key, and {KEY_VARIABLE} is not set.",
                "Set it to 32 random bytes in base64, the same for every process of this store.",
            )
        return self._from_file(self._folder / KEY_FILE)

    def _from_file(self, file: Path) -> bytes:
        try:
            if not file.exists():
                _make_key_file(file)
            return _decoded(file.read_text("ascii"), f"The key file {file}")
        except (OSError, UnicodeDecodeError):
            raise Unavailable(
                f"The key file {file} cannot be read or made.", "Check the rights of its folder."
            ) from None


class SecretRows:
    """The port `tenure.ports.secrets.Secrets`."""

    def __init__(self, database: Database, key: SecretKey) -> None:
        self._database = database
        self._key = key

    def put(self, venture_id: int, name: str, value: str, *, by: str, now_us: int) -> None:
        sealed = self._seal(venture_id, name, value)
        with self._database.writing() as connection:
            known = connection.scalar(sa.select(sa.func.count()).where(*_mine(venture_id, name)))
            statement = replacing(connection, secrets)
            connection.execute(
                statement.values(venture_id=venture_id, name=name, sealed=sealed, set_us=now_us, set_by=by)
            )
            before = "set" if known else None
            audit(
                connection,
                venture_id,
                who=by,
                subject="secret",
                name=name,
                before=before,
                after="set",
                why="",
                now_us=now_us,
            )

    def ensure(self, venture_id: int, name: str, value: str, *, by: str, now_us: int) -> str:
        row = {"venture_id": venture_id, "name": name, "set_us": now_us, "set_by": by}
        try:
            return self.get(venture_id, name)
        except NotFound:
            row["sealed"] = self._seal(venture_id, name, value)
        with self._database.writing() as connection:
            made = connection.execute(insert_into(connection, secrets).values(**row).on_conflict_do_nothing()).rowcount
            if made:
                said = {"who": by, "subject": "secret", "name": name, "before": None, "after": "set", "why": ""}
                audit(connection, venture_id, now_us=now_us, **said)  # type: ignore[arg-type]
        return self.get(venture_id, name)

    def get(self, venture_id: int, name: str) -> str:
        with self._database.reading() as connection:
            sealed = connection.scalar(sa.select(secrets.c.sealed).where(*_mine(venture_id, name)))
        if sealed is None:
            raise not_found(f"secret {name}")
        return self._open(venture_id, name, sealed)

    def names(self, venture_id: int) -> Sequence[str]:
        query = sa.select(secrets.c.name).where(secrets.c.venture_id == venture_id).order_by(secrets.c.name)
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def delete(self, venture_id: int, name: str, *, by: str, now_us: int) -> None:
        with self._database.writing() as connection:
            if not connection.execute(sa.delete(secrets).where(*_mine(venture_id, name))).rowcount:
                raise not_found(f"secret {name}")
            audit(
                connection,
                venture_id,
                who=by,
                subject="secret",
                name=name,
                before="set",
                after=None,
                why="",
                now_us=now_us,
            )

    def signing_key(self, purpose: str) -> bytes:
        return hmac.digest(self._key.value(), f"tenure:{purpose}".encode(), "sha256")

    def _seal(self, venture_id: int, name: str, value: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._key.value()).encrypt(nonce, value.encode(), _bound_to(venture_id, name))

    def _open(self, venture_id: int, name: str, sealed: bytes) -> str:
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._key.value()).decrypt(nonce, rest, _bound_to(venture_id, name)).decode()
        except InvalidTag:
            raise Corrupt(
                f"The secret {name} cannot be opened with this key.",
                f"Bring back the key it was sealed with ({KEY_VARIABLE} or {KEY_FILE}), or set the secret again.",
            ) from None


def _mine(venture_id: int, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return secrets.c.venture_id == venture_id, secrets.c.name == name


def _bound_to(venture_id: int, name: str) -> bytes:
    """A sealed value opens only in the place it was sealed for: copied to another venture's row it is refused."""
    return sha256(f"{venture_id}\x1f{name}".encode()).digest()


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise BadInput(
            f"{where} does not hold a key of 32 bytes in base64.", "Put back the key, or make a new one."
        )
    return key


def _make_key_file(file: Path) -> None:
    """Written whole under another name and linked into place: of two processes one wins, and none reads half a key."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(base64.b64encode(os.urandom(_KEY_BYTES)) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
