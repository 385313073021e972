"""Day one 6: whether receivers can tell that mails of a domain are ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from tenure.errors import Unavailable, Unsupported
from tenure.providers.smtp.domain import Resolver, Standing, check_domain, dns_resolver, may_go_live

GOOD = {
    "mail.example.com": ["v=spf1 include:_spf.example.net -all", "some-verification=1"],
    "s1._domainkey.mail.example.com": ["v=DKIM1; k=rsa; p=MIIBIjANBgkq"],
    "_dmarc.example.com": ["v=DMARC1; p=none; sp=quarantine; rua=mailto:d@example.com"],
}


def resolver(records: Mapping[str, Sequence[str]]) -> Resolver:
    return lambda name: records.get(name, ())


def standings(records: Mapping[str, Sequence[str]], selectors: Sequence[str] = ("s1",)) -> dict[str, str]:
    return {one.check: one.standing.value for one in check_domain("mail.example.com", selectors, resolver(records))}


def test_a_well_kept_domain_may_go_live() -> None:
    found = check_domain("mail.example.com", ["s1"], resolver(GOOD))
    assert {one.standing for one in found} == {Standing.good}
    assert may_go_live(found)


def test_a_domain_without_anything_is_told_what_to_add() -> None:
    found = check_domain("mail.example.com", ["s1"], resolver({}))
    assert {one.check: one.standing for one in found} == dict.fromkeys(("SPF", "DKIM", "DMARC"), Standing.missing)
    assert all(one.fix for one in found) and not may_go_live(found)


@pytest.mark.parametrize(
    ("record", "standing"),
    [(["v=spf1 +all"], "wrong"), (["v=spf1 a all"], "wrong"), (["v=spf1 a -all", "v=spf1 b -all"], "wrong"), (["v=spf1 a ?all"], "weak"),
     (["v=spf1 redirect=_spf.example.net"], "good"), (["v=spf10 -all"], "missing"), (["V=SPF1 MX ~ALL"], "good")],
)  # fmt: skip
def test_spf(record: list[str], standing: str) -> None:
    assert standings(GOOD | {"mail.example.com": record})["SPF"] == standing


@pytest.mark.parametrize(("record", "standing"), [(["v=DKIM1; p="], "wrong"), (["v=DKIM1; t=y:s; p=AB"], "weak"), (["p=AB"], "good"), (["other"], "missing")])
def test_dkim(record: list[str], standing: str) -> None:
    assert standings(GOOD | {"s1._domainkey.mail.example.com": record})["DKIM"] == standing


def test_without_a_selector_dkim_is_unknown() -> None:
    assert standings(GOOD, ())["DKIM"] == "unknown"


@pytest.mark.parametrize(
    ("own", "standing"),
    [(["v=DMARC1; p=reject"], "good"), (["v=DMARC1; p=none"], "weak"), (["v=DMARC1"], "wrong"), (["v=DMARC1; p=none"] * 2, "wrong")],
)
def test_dmarc_of_the_domain_itself_comes_first(own: list[str], standing: str) -> None:
    assert standings(GOOD | {"_dmarc.mail.example.com": own})["DMARC"] == standing


def test_a_name_server_that_does_not_answer_is_no_finding() -> None:
    def silent(name: str) -> Sequence[str]:
        raise Unavailable("no answer")

    found = check_domain("mail.example.com", ["s1"], silent)
    assert {one.standing for one in found} == {Standing.unknown} and not may_go_live(found)


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "dns", None)
    monkeypatch.setitem(__import__("sys").modules, "dns.exception", None)
    with pytest.raises(Unsupported, match=r"tenure\[dns\]"):
        dns_resolver()
