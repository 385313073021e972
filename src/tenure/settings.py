"""A workspace: the folder a team keeps in git, and what its `tenure.toml` says about stores and the venture."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tenure.errors import BadInput, NotFound

CONFIG_NAME = "tenure.toml"
STATE_NAME = ".tenure"
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(_Section):
    """Where the store is: SQLite files inside the workspace unless a PostgreSQL URL is given."""

    url: str | None = None
    url_env: str | None = None

    def resolved_url(self, environment: Mapping[str, str]) -> str | None:
        """The PostgreSQL URL, from the named environment variable first; None means SQLite files."""
        if self.url_env is None:
            return self.url
        value = environment.get(self.url_env)
        if not value:
            raise BadInput(
                f"The environment variable {self.url_env} (store.url_env in {CONFIG_NAME}) is not set.",
                "Set it to the store's URL, or remove store.url_env to use SQLite files.",
            )
        return value


class VentureSettings(_Section):
    """Which company this workspace is for, its ledger currency and clock."""

    key: str = "main"
    name: str = ""
    currency: str = "USD"
    timezone: str = "UTC"

    @field_validator("key")
    @classmethod
    def _key_is_plain(cls, value: str) -> str:
        if not _KEY.fullmatch(value):
            raise ValueError("use lower-case letters, digits, - and _, starting with a letter")
        return value

    @field_validator("currency")
    @classmethod
    def _currency_is_a_code(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Z]{3}", value):
            raise ValueError("use a three-letter code such as USD")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("use a zone name such as Europe/Vienna") from None
        return value


class ServerSettings(_Section):
    """What one `tenure up` may take: per-key rate limit of ingest, memory of the warehouse."""

    events_per_second_per_key: int = Field(default=100_000, ge=1)
    burst_events_per_key: int = Field(default=500_000, ge=1)
    warehouse_memory: str = Field(default="4GB", pattern=r"^\d+(\.\d+)?(KB|MB|GB)$")
    warehouse_threads: int | None = Field(default=None, ge=1)


class ProductSettings(_Section):
    """What messages to customers say of the company: names, who answers, and where calls to action lead.

    `links` by name: app, guide, tour, help, news, community, meeting, and any other a template names.
    """

    name: str = ""
    team: str = ""
    reply_to: str = ""
    address: str = ""
    links: dict[str, str] = {}

    @field_validator("links")
    @classmethod
    def _links_are_addresses(cls, value: dict[str, str]) -> dict[str, str]:
        for name, url in value.items():
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) or not re.fullmatch(r"https?://\S+", url):
                raise ValueError(f"write {name} = \"https://...\", the name in lower-case letters, digits and _")
        return value


class PublicSettings(_Section):
    """How customers reach this installation: links of messages lead to `url`, replies go to `reply_address`."""

    url: str = ""
    """Where the API is reached from outside, such as https://success.example.com; empty: this machine only."""
    reply_address: str = ""
    """A mailbox with `+` addressing whose mail is handed to /inbound/mail; empty: replies are not captured."""
    inbound_secret: str = ""
    """Name of the stored secret that signs what is posted to /inbound/mail."""
    watch_opens: bool = False

    @field_validator("url")
    @classmethod
    def _url_is_an_origin(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
            raise ValueError("use an address such as https://success.example.com")
        return value.rstrip("/")

    @field_validator("reply_address")
    @classmethod
    def _reply_address_is_one(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9._-]{1,20}@[A-Za-z0-9.-]+", value):
            raise ValueError("use a plain address of at most 20 characters before the @, such as replies@in.example.com")
        return value


class RateRow(_Section):
    """One dated exchange rate: 1 unit of `currency` is `rate` units of the venture's currency from `since` on."""

    currency: str
    since: str
    rate: Decimal


class Workspace(_Section):
    """A parsed workspace. `facts`, `sources`, `parameters` and `providers` stay raw here; their rooms parse them."""

    root: Path
    store: StoreSettings = StoreSettings()
    venture: VentureSettings = VentureSettings()
    server: ServerSettings = ServerSettings()
    product: ProductSettings = ProductSettings()
    public: PublicSettings = PublicSettings()
    rates: tuple[RateRow, ...] = ()
    facts: dict[str, Any] = {}
    sources: tuple[dict[str, Any], ...] = ()
    parameters: dict[str, Any] = {}
    segments: dict[str, str] = {}
    providers: dict[str, dict[str, Any]] = {}

    @property
    def state(self) -> Path:
        """The folder Tenure writes its own files to (not for git)."""
        return self.root / STATE_NAME

    @property
    def scorecards(self) -> Path:
        return self.root / "scorecards"

    @property
    def playbooks(self) -> Path:
        return self.root / "playbooks"

    @property
    def triggers(self) -> Path:
        return self.root / "triggers"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def warehouse_file(self) -> Path:
        return self.state / "warehouse" / f"{self.venture.key}.duckdb"


def find_workspace(given: Path | None, environment: Mapping[str, str] | None = None) -> Path:
    """The workspace folder: the one given, else TENURE_WORKSPACE, else the current folder."""
    environment = os.environ if environment is None else environment
    return (given or Path(environment.get("TENURE_WORKSPACE") or Path.cwd())).expanduser().resolve()


def load_workspace(root: Path) -> Workspace:
    """Read `tenure.toml` of a folder; raises NotFound or BadInput with one sentence."""
    file = root / CONFIG_NAME
    if not file.is_file():
        raise NotFound(
            f"There is no {CONFIG_NAME} in {root}.",
            "Run `tenure init DIR` first, or name the workspace with --workspace.",
        )
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadInput(f"{file} is not valid TOML: {problem}.", "Correct the line named and try again.") from None
    return parse_workspace(root, raw)


def parse_workspace(root: Path, raw: dict[str, Any]) -> Workspace:
    """A workspace from the parsed TOML."""
    renamed = {("sources" if key == "source" else "rates" if key == "rate" else key): value for key, value in raw.items()}
    try:
        return Workspace(root=root, **renamed)
    except (ValidationError, TypeError) as problem:
        raise BadInput(f"{root / CONFIG_NAME}: {_first_problem(problem)}.", "Correct it and try again.") from None


def _first_problem(problem: ValidationError | TypeError) -> str:
    if isinstance(problem, TypeError):
        return str(problem)
    first = problem.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{where} is not a known setting"
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"
