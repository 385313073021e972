"""`tenure providers`: list, test, check, secret."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from tests.sender_peers import PASSWORD, USER, MailServer, authenticate

from tenure.app.deployment import opened
from tenure.app.outside import check_sending_domain
from tenure.cli.main import main
from tenure.errors import Refused


class Shell:
    """Runs commands on one workspace."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._capsys, self._monkeypatch = folder, capsys, monkeypatch
        assert main(["init", str(folder)]) == 0
        capsys.readouterr()

    def configure(self, text: str) -> None:
        with (self.folder / "tenure.toml").open("a", encoding="utf-8") as config:
            config.write("\n" + text)

    def run(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main(["providers", *arguments, "--workspace", str(self.folder)])
        out, err = self._capsys.readouterr()
        return code, out, err

    def document(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json")[1])


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path / "acme", capsys, monkeypatch)


def smtp_section(port: int, **more: str) -> str:
    lines = {"host": '"127.0.0.1"', "port": str(port), "security": '"none"', "from_address": '"team@example.com"', **more}
    return "[providers.smtp]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())


def test_a_new_workspace_has_the_twin_and_a_test_message_is_a_file(shell: Shell) -> None:
    [twin] = shell.document("list")
    assert (twin["name"], twin["is_default"]) == ("twin", True) and "email" in twin["channels"]
    code, out, _ = shell.run("test", "twin", "--to", "me@example.com")
    assert code == 0 and "Sent through twin as twin-" in out and "Test message of Tenure" in out
    [file] = (shell.folder / ".tenure" / "outbox-twin").glob("*.eml")
    assert message_from_bytes(file.read_bytes())["To"] == "me@example.com"


def test_a_mail_server_is_configured_its_secret_stored_and_tried_out(shell: Shell) -> None:
    server = MailServer(authenticator=authenticate, auth_require_tls=False)
    try:
        shell.configure(smtp_section(server.port, user=f'"{USER}"', password_secret='"mail_password"'))
        assert shell.document("list")[0]["missing_secrets"] == ["mail_password"]
        code, _, err = shell.run("test", "smtp", "--to", "me@example.com")
        assert code == 2 and "tenure providers secret mail_password" in err
        shown = shell.run("secret", "mail_password", typed=PASSWORD + "\n")
        assert shown[0] == 0 and PASSWORD not in "".join(map(str, shown))
        code, out, _ = shell.run("test", "smtp", "--to", "me@example.com")
        assert code == 0 and "Sent through smtp as <" in out
        assert [recipients for _, recipients, _ in server.letters] == [["me@example.com"]]
        server.by_recipient["dead@example.com"] = "550 5.1.1 no"
        code, _, err = shell.run("test", "smtp", "--to", "dead@example.com")
        assert code == 1 and "550" in err and "dead@" not in err
        stored = b"".join(path.read_bytes() for path in shell.folder.rglob("*") if path.is_file())
        assert PASSWORD.encode() not in stored
    finally:
        server.stop()
    code, _, err = shell.run("test", "smtp", "--to", "me@example.com")
    assert code == 3 and "try again" in err


def test_a_secret_can_be_removed_and_an_empty_one_is_refused(shell: Shell) -> None:
    assert shell.run("secret", "a", typed="")[0] == 2
    assert shell.run("secret", "a", typed="x")[0] == 0
    assert shell.run("secret", "a", "--remove")[0] == 0
    assert shell.run("secret", "a", "--remove")[0] == 2


def test_the_domain_of_mails_is_checked_with_an_exit_code(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell.run("check")[0] == 2
    shell.configure(smtp_section(25, dkim_selectors='["s1"]'))
    records = {
        "example.com": ["v=spf1 mx -all"],
        "s1._domainkey.example.com": ["v=DKIM1; p=AB"],
        "_dmarc.example.com": ["v=DMARC1; p=reject"],
    }

    def resolve(name: str) -> Sequence[str]:
        return records.get(name, ())

    monkeypatch.setattr("tenure.providers.smtp.domain.dns_resolver", lambda: resolve)
    code, out, _ = shell.run("check", "smtp")
    assert code == 0 and out.count("good") == 3
    del records["_dmarc.example.com"]
    code, out, _ = shell.run("check", "smtp", "--json")
    found = json.loads(out)
    assert code == 1 and found["may_go_live"] is False and found["findings"][-1]["standing"] == "missing"


def test_day_one_6_the_sending_domain_is_checked_before_going_live(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = (shell.folder / "tenure.toml").read_text()
    records: dict[str, list[str]] = {}
    monkeypatch.setattr("tenure.providers.smtp.domain.dns_resolver", lambda: lambda name: records.get(name, ()))

    def live(settings: str) -> None:
        (shell.folder / "tenure.toml").write_text(f"{plain}\n{settings}")
        with opened(shell.folder) as deployment:
            check_sending_domain(deployment)

    outside = smtp_section(587, host='"mail.example.com"', security='"starttls"', dkim_selectors='["s1"]')
    with pytest.raises(Refused, match=r"mistaken for spam: .*who may send"):
        live(outside)
    records |= {"example.com": ["v=spf1 -all"], "s1._domainkey.example.com": ["v=DKIM1; p=AB"], "_dmarc.example.com": ["v=DMARC1; p=reject"]}
    live(outside)
    records.clear()
    live(smtp_section(25))  # mail stays on this machine


def test_a_wrong_section_is_one_sentence(shell: Shell) -> None:
    shell.configure("[providers.smpt]\nhost = 'x'\n")
    code, _, err = shell.run("list")
    assert code == 2 and "providers.smpt is not a known provider" in err and "Traceback" not in err
