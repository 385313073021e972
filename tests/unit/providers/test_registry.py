"""From the sections of a workspace to senders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.errors import BadInput, NotFound
from tenure.model.touches import Channel
from tenure.providers.registry import Registry

SMTP = {"host": "mail.example.com", "from_address": "team@mail.example.com", "user": "u", "password_secret": "mail_password"}


def secrets(**stored: str):  # type: ignore[no-untyped-def]
    def secret(name: str) -> str:
        if name not in stored:
            raise NotFound(f"There is no secret {name}.")
        return stored[name]

    return secret


def test_with_nothing_configured_the_twin_stands_in_for_everything(tmp_path: Path) -> None:
    registry = Registry({}, secrets(), tmp_path)
    senders = registry.senders()
    assert {one.name for one in senders.values()} == {"twin"}
    assert {Channel.email, Channel.slack, Channel.survey, Channel.webhook} <= senders.keys()
    [one] = registry.configured()
    assert one.is_default


def test_once_a_real_one_is_configured_nothing_is_faked(tmp_path: Path) -> None:
    senders = Registry({"smtp": SMTP}, secrets(mail_password="p"), tmp_path).senders()
    assert {channel: one.name for channel, one in senders.items()} == {Channel.email: "smtp", Channel.survey: "smtp"}


def test_a_calendar_alone_is_no_way_to_send(tmp_path: Path) -> None:
    registry = Registry({"calendar": {"domain": "example.com"}}, secrets(), tmp_path)
    assert registry.senders()[Channel.email].name == "twin"
    assert registry.invitations().uid("k").endswith("@example.com")


def test_the_twin_serves_only_what_no_real_one_does(tmp_path: Path) -> None:
    senders = Registry({"smtp": SMTP, "twin": {}}, secrets(mail_password="p"), tmp_path).senders()
    assert senders[Channel.email].name == "smtp" and senders[Channel.slack].name == "twin"


def test_a_missing_secret_is_named_with_what_to_do(tmp_path: Path) -> None:
    registry = Registry({"smtp": SMTP}, secrets(), tmp_path)
    assert registry.configured()[0].missing == ("mail_password",)
    with pytest.raises(NotFound, match="tenure providers secret mail_password"):
        registry.senders()


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    registry = Registry({"smtp": SMTP, "slack": {"token_secret": "t"}}, secrets(mail_password="hidden-1", t="hidden-2"), tmp_path)
    shown = f"{registry} {registry!r} {registry.senders()} {registry.configured()}"
    assert "hidden" not in shown


def test_an_unknown_provider_or_setting_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"providers\.smpt is not a known provider"):
        Registry({"smpt": {}}, secrets(), tmp_path)
    with pytest.raises(BadInput, match=r"providers\.slack: name one of token_secret and webhook_url_secret"):
        Registry({"slack": {}}, secrets(), tmp_path)


def test_invitations_take_the_domain_mails_come_from(tmp_path: Path) -> None:
    registry = Registry({"smtp": SMTP}, secrets(mail_password="p"), tmp_path)
    assert registry.invitations().uid("k").endswith("@mail.example.com")


def test_every_provider_folder_has_the_same_files() -> None:
    import tenure.providers

    root = Path(tenure.providers.__file__).parent
    folders = [one for one in sorted(root.iterdir()) if (one / "config.py").exists()]
    assert [one.name for one in folders] == ["calendar", "imap", "llm", "slack", "smtp", "twin", "webhook"]
    usual = {"__init__.py", "config.py", "caps.py", "client.py", "send.py", "read.py", "write.py", "users.py", "webhooks.py", "mapping.py", "page.md", "domain.py"}
    for folder in folders:
        files = {one.name for one in folder.iterdir() if one.is_file()}
        assert files <= usual and {"config.py", "caps.py", "page.md"} <= files
