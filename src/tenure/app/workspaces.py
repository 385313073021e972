"""Making a workspace: a working folder a team can keep in git."""

from __future__ import annotations

import re
from pathlib import Path

from tenure.errors import BadInput
from tenure.scorecards import DEFAULT_NAME, SCHEMA_NAME, default_scorecard, scorecard_schema
from tenure.settings import CONFIG_NAME, STATE_NAME

TEMPLATE = '''# What Tenure needs to know about your company. `tenure init` made this file; keep it in git.
# Reference: docs/how-to/import.md

[venture]
key = "{key}"
name = "{name}"
currency = "USD"        # money is shown and summed in it
timezone = "UTC"        # digests, reports, and files that do not say their own zone

# [store]
# url_env = "TENURE_STORE_URL"   # a PostgreSQL URL; SQLite files in .tenure/ without it

[facts]
login_names = ["login", "Signed In"]      # events that count as a login
core_features = []                        # empty: every feature counts as core for first value
# activation_event = "Report Exported"    # empty: the first value event
# failed_payment_names = ["payment_failed"]   # events that say a payment failed, beside the invoice state of revenue rows
# paid_names = ["payment_succeeded"]          # and that one went through

[[facts.feature_rules]]                   # an event that adopts a feature, and where its name is
event = "feature_adopted"
property = "feature"

# What messages to customers say of you, and where their links lead. Without an address a paragraph with its link is left out.
# [product]
# name = "{name}"
# reply_to = "success@example.com"
# address = "Your company, street, city"   # under every mail; the law asks for it in marketing
# [product.links]
# app = "https://app.example.com"          # also: guide, tour, help, news, community, meeting
# guide = "https://example.com/guide"

# One dated exchange rate per line, when movements come in other currencies than the venture's:
# [[rate]]
# currency = "EUR"
# since = "2026-01-01"
# rate = "1.08"

# How messages leave (docs/providers.md); without it they stay on this machine as files.
# [providers.smtp]
# host = "smtp.example.com"
# from_address = "success@example.com"
# user = "tenure"
# password_secret = "smtp_password"   # stored with: tenure providers secret smtp_password
# [public]
# url = "https://success.example.com" # where links of messages lead

# Files named customers, users, events, tickets, revenue or answers need no mapping. Others:
# [[source]]
# name = "crm"
# kind = "customers"
# files = ["accounts*.csv"]
# columns = {{ customer_id = "account_id", created_at = "signed_up" }}
'''

GITIGNORE = f"{STATE_NAME}/\nreports/\n"


def create_workspace(folder: Path, name: str | None = None) -> list[Path]:
    """Write the files of a new workspace; returns those written. Existing files are never overwritten.

    Raises:
        BadInput: the folder is a workspace already, or the path is a file.
    """
    if (folder / CONFIG_NAME).exists():
        raise BadInput(f"{folder} is a workspace already.", f"Edit {folder / CONFIG_NAME}, or choose another folder.")
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file.", "Name a folder.")
    title = name or folder.resolve().name
    contents = {
        folder / CONFIG_NAME: TEMPLATE.format(key=key_of(title), name=_toml_text(title)),
        folder / ".gitignore": GITIGNORE,
        folder / "scorecards" / DEFAULT_NAME: default_scorecard(),
        folder / "scorecards" / SCHEMA_NAME: scorecard_schema(),
    }
    written = [path for path, text in contents.items() if _write_new(path, text)]
    (folder / STATE_NAME).mkdir(mode=0o700, exist_ok=True)
    return written


def _write_new(path: Path, text: str) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return False
    path.write_text(text, encoding="utf-8")
    return True


def key_of(title: str) -> str:
    """A venture key from a title: `Northwind Traders` -> `northwind-traders`."""
    key = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")
    key = key if key[:1].isalpha() else f"v-{key}".rstrip("-")
    return key[:63].rstrip("-")


def _toml_text(text: str) -> str:
    return "".join(character for character in text if character.isprintable()).replace("\\", "\\\\").replace('"', '\\"')
