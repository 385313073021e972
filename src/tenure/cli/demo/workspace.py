"""The demo's own folder: settings with exchange rates, a mail server, and links back to this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

from tenure.app.workspaces import create_workspace
from tenure.errors import BadInput
from tenure.settings import CONFIG_NAME
from tenure.testing.company.vocabulary import RATES

MARK = ".tenure-demo-workspace"
NAME = "Northwind Software"
REPLIES, INBOUND_SECRET = "replies@example.com", "demo_inbound"
_OUTSIDE = """
[product]
name = "Northwind"
reply_to = "success@example.com"
address = "Northwind Software, 1 Example Street, Example City"

[product.links]
app = "https://app.example.com"
guide = "https://example.com/guide"
tour = "https://example.com/tour"
help = "https://example.com/help"
news = "https://example.com/news"
community = "https://example.com/community"
meeting = "https://example.com/meeting"

[public]
url = "{url}"
reply_address = "{replies}"
inbound_secret = "{secret}"

[providers.smtp]
host = "127.0.0.1"
port = {mail_port}
security = "none"
from_address = "success@example.com"
from_name = "Northwind"

[providers.twin]                          # Slack is shown by the twin: see .tenure/outbox-twin
channels = ["slack"]
"""


def fresh(folder: Path) -> None:
    """The demo's own folder is made anew; anybody else's is left alone."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file.", "Name a folder with --into.")
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise BadInput(f"{folder} is not a demo workspace.", "Choose another folder with --into.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def make_workspace(folder: Path, url: str, mail_port: int) -> None:
    """Some customers pay in other currencies than the company's: every one has its dated rate."""
    create_workspace(folder, NAME)
    rows = (f'\n[[rate]]\ncurrency = "{currency}"\nsince = "{since}"\nrate = "{rate}"\n' for currency, since, rate in RATES)
    with (folder / CONFIG_NAME).open("a", encoding="utf-8") as file:
        file.writelines(rows)
        file.write(_OUTSIDE.format(url=url, replies=REPLIES, secret=INBOUND_SECRET, mail_port=mail_port))
