"""Replies read from a mailbox that keeps IMAP's rules: each once, nothing marked, a mailbox that is down stops nothing (I5)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.imap_peer import PASSWORD, USER, ImapPeer
from tests.integration.providers.test_tracking import reply
from tests.tracking_builder import NOW_US, House, store_in

from tenure.cli.main import main
from tenure.errors import BadInput, Unavailable
from tenure.providers.config import parse_section
from tenure.providers.imap.config import ImapSettings
from tenure.providers.imap.read import ImapMailbox
from tenure.services.tracking.mailbox import MailboxReader


@pytest.fixture
def peer() -> Iterator[ImapPeer]:
    made = ImapPeer()
    yield made
    made.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with store_in(tmp_path / "store") as store:
        yield House(store, "acme")


def mailbox(peer: ImapPeer, password: str = PASSWORD, folder: str = "INBOX", most: int = 500) -> ImapMailbox:
    settings = ImapSettings(
        host="127.0.0.1", port=peer.port, security="none", user=USER, password_secret="p", folder=folder, mails_per_look=most
    )
    return ImapMailbox(settings, password)


def reader(house: House, peer: ImapPeer, **fields: int) -> MailboxReader:
    return MailboxReader(house.venture_id, mailbox(peer, **fields), house.mail, house.store.cursors)  # type: ignore[arg-type]


def answers(house: House, *numbers: int) -> Iterator[bytes]:
    for number in numbers:
        yield reply(house.links.reply_address(house.sent(f"t{number}")) or "", **{"Message-ID": f"<{number}@example.org>"})


def test_I5_replies_of_a_mailbox_are_responses_each_once(peer: ImapPeer, house: House) -> None:
    for raw in answers(house, 1, 2):
        peer.arrive(raw)
    peer.arrive(b"Subject: not ours\r\nFrom: x@example.org\r\nTo: team@example.com\r\n\r\nHi")
    first = reader(house, peer).read(NOW_US)
    assert (first.mails, first.ours) == (3, 2)
    assert reader(house, peer).read(NOW_US).mails == 0, "the last mail is named by every search, and passed over"
    [late] = answers(house, 3)
    peer.arrive(late)
    assert reader(house, peer).read(NOW_US).ours == 1
    assert house.kinds() == ["replied"] * 3
    assert set(peer.asked) == {"CAPABILITY", "LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH", "LOGOUT"}, "nothing is changed"


def test_a_line_that_breaks_keeps_what_was_taken_and_loses_nothing(peer: ImapPeer, house: House) -> None:
    for raw in answers(house, 1, 2, 3):
        peer.arrive(raw)
    peer.drops_after_fetches = 2
    with pytest.raises(Unavailable, match="line broke"):
        reader(house, peer).read(NOW_US)
    assert len(house.kinds()) == 2
    peer.drops_after_fetches = None
    assert reader(house, peer).read(NOW_US).mails == 1
    assert house.kinds() == ["replied"] * 3


def test_a_folder_made_anew_is_read_again_and_nothing_counts_twice(peer: ImapPeer, house: House) -> None:
    for raw in answers(house, 1, 2):
        peer.arrive(raw)
    reader(house, peer).read(NOW_US)
    peer.era += 1
    again = reader(house, peer).read(NOW_US)
    assert (again.mails, again.ours) == (2, 0)
    assert len(house.kinds()) == 2


def test_a_full_mailbox_is_read_a_part_at_a_time(peer: ImapPeer, house: House) -> None:
    for raw in answers(house, 1, 2, 3):
        peer.arrive(raw)
    assert [reader(house, peer, most=2).read(NOW_US).mails for _ in range(3)] == [2, 1, 0]


def test_what_is_no_mail_or_too_big_is_passed_over(peer: ImapPeer, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.providers.imap.read.MOST_BYTES", 2_000)
    peer.arrive(b"\x00\x01\x02")
    peer.arrive(b"Subject: big\r\n\r\n" + b"x" * 3_000)
    [small] = answers(house, 1)
    peer.arrive(small)
    found = reader(house, peer).read(NOW_US)
    assert (found.mails, found.ours, found.unreadable) == (3, 1, 2)


@pytest.mark.parametrize(("fields", "said"), [({"password": "wrong"}, "sign-in was refused"), ({"folder": "Replies"}, "no folder Replies")])
def test_what_the_server_refuses_is_one_sentence_without_its_words(peer: ImapPeer, fields: dict[str, str], said: str) -> None:
    with pytest.raises(Unavailable, match=said) as problem:
        list(mailbox(peer, **fields).letters(None, NOW_US))  # type: ignore[arg-type]
    assert USER not in str(problem.value)


def test_nobody_there_is_one_sentence(peer: ImapPeer) -> None:
    peer.close()
    with pytest.raises(Unavailable, match="cannot be reached"):
        list(mailbox(peer).letters(None, NOW_US))


def test_a_password_never_goes_in_the_clear() -> None:
    with pytest.raises(BadInput, match="never sent in the clear"):
        parse_section(ImapSettings, "imap", {"host": "imap.example.com", "security": "none", "user": "u", "password_secret": "p"})


def test_a_tick_reads_the_mailbox_and_status_says_when_it_could_not(
    peer: ImapPeer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "acme"

    def tenure(*arguments: str) -> tuple[int, str]:
        code = main([*arguments, "--workspace", str(folder)])
        return code, capsys.readouterr().out

    assert main(["init", str(folder)]) == 0
    with (folder / "tenure.toml").open("a") as config:
        config.write(f'\n[providers.imap]\nhost = "127.0.0.1"\nport = {peer.port}\nsecurity = "none"\nuser = "{USER}"\npassword_secret = "imap"\n')
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    assert tenure("providers", "secret", "imap")[0] == 0
    peer.arrive(b"Subject: not ours\r\n\r\nHi")
    assert "1 new mails" in tenure("providers", "check", "imap")[1]
    assert tenure("tick", "--now", "2026-11-02T10:00:00Z")[0] == 0
    read_at = "2026-11-02T10:00:00.000000Z"
    assert json.loads(tenure("status", "--json")[1])["mailbox"]["problem"] == ""
    peer.close()
    assert tenure("tick", "--now", "2026-11-02T10:01:00Z")[0] == 0
    said = json.loads(tenure("status", "--json")[1])["mailbox"]
    assert said["read_at"][:19] == read_at[:19] and "cannot be reached" in said["problem"]
    assert "replies are not read since 2026-11-02T10:00" in tenure("status")[1]
