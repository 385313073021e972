"""Sending hygiene (Day one, 6): whether receivers can tell that mails of a domain are ours. Checked before going live.

SPF is RFC 7208, DKIM keys RFC 6376, DMARC RFC 7489. The resolver is handed in: a function from a name to its TXT texts,
empty when there are none; it raises `Unavailable` when nobody answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec

from tenure.errors import Unavailable, Unsupported

Resolver = Callable[[str], Sequence[str]]


class Standing(StrEnum):
    """What a check found; `weak` works today and should be better."""

    good = "good"
    weak = "weak"
    missing = "missing"
    wrong = "wrong"
    unknown = "unknown"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One check, with the next step where there is one."""

    check: str
    standing: Standing
    said: str
    fix: str = ""


def check_domain(domain: str, selectors: Sequence[str], resolve: Resolver) -> tuple[Finding, ...]:
    """SPF, DKIM and DMARC of a sending domain."""
    keys = [_asked("DKIM", lambda one=one: _dkim(domain, one, resolve)) for one in selectors]  # type: ignore[misc]
    return (
        _asked("SPF", lambda: _spf(domain, resolve)),
        *(keys or [_no_selector()]),
        _asked("DMARC", lambda: _dmarc(domain, resolve)),
    )


def may_go_live(findings: Sequence[Finding]) -> bool:
    """Nothing missing, wrong or unknown."""
    return all(one.standing in (Standing.good, Standing.weak) for one in findings)


def _asked(check: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except Unavailable:
        return Finding(check=check, standing=Standing.unknown, said="the name server did not answer", fix="Check again later.")


def _spf(domain: str, resolve: Resolver) -> Finding:
    records = [text for text in resolve(domain) if re.match(r"v=spf1(\s|$)", text, re.IGNORECASE)]
    if not records:
        fix = f'Add a TXT record at {domain} such as "v=spf1 include:YOUR-MAIL-PROVIDER -all".'
        return Finding(check="SPF", standing=Standing.missing, said=f"{domain} does not say who may send for it", fix=fix)
    if len(records) > 1:
        return Finding(
            check="SPF", standing=Standing.wrong, said=f"{domain} has {len(records)} SPF records; receivers then use none", fix="Join them into one."
        )
    terms = records[0].lower().split()[1:]
    last = next((term for term in terms if term.lstrip("+-~?") == "all"), "")
    if last in ("all", "+all"):
        return Finding(check="SPF", standing=Standing.wrong, said="SPF allows everybody to send", fix='End it with "-all" or "~all".')
    if last in ("-all", "~all") or any(term.startswith("redirect=") for term in terms):
        return Finding(check="SPF", standing=Standing.good, said=f"SPF ends with {last or 'a redirect'}")
    return Finding(check="SPF", standing=Standing.weak, said="SPF says nothing about other senders", fix='End it with "~all" or "-all".')


def _no_selector() -> Finding:
    return Finding(
        check="DKIM", standing=Standing.unknown, said="no DKIM selector is configured", fix="Name those of your mail server in providers.smtp.dkim_selectors."
    )


def _dkim(domain: str, selector: str, resolve: Resolver) -> Finding:
    name = f"{selector}._domainkey.{domain}"
    for text in resolve(name):
        tags = _tags(text)
        if "p" not in tags:
            continue
        if not tags["p"]:
            return Finding(check="DKIM", standing=Standing.wrong, said=f"the key {selector} is revoked", fix="Publish the key your mail server signs with.")
        if "y" in tags.get("t", "").split(":"):
            return Finding(check="DKIM", standing=Standing.weak, said=f"the key {selector} is in test mode", fix="Take t=y out.")
        return Finding(check="DKIM", standing=Standing.good, said=f"the key {selector} is published")
    return Finding(check="DKIM", standing=Standing.missing, said=f"there is no key at {name}", fix="Publish the key your mail server signs with.")


def _dmarc(domain: str, resolve: Resolver) -> Finding:
    """The domain's own record, else that of the domain above it (the organisation's)."""
    for name in (domain, *_above(domain)):
        records = [text for text in resolve(f"_dmarc.{name}") if re.match(r"v=DMARC1\s*(;|$)", text)]
        if len(records) > 1:
            return Finding(check="DMARC", standing=Standing.wrong, said=f"{name} has {len(records)} DMARC records", fix="Keep one.")
        if records:
            return _policy(records[0], inherited=name != domain)
    fix = f'Add a TXT record at _dmarc.{domain} such as "v=DMARC1; p=none; rua=mailto:dmarc@{domain}".'
    return Finding(check="DMARC", standing=Standing.missing, said=f"{domain} has no DMARC record", fix=fix)


def _policy(record: str, inherited: bool) -> Finding:
    tags = _tags(record)
    policy = (tags.get("sp") if inherited else None) or tags.get("p", "")
    if policy in ("quarantine", "reject"):
        return Finding(check="DMARC", standing=Standing.good, said=f"DMARC asks receivers to {policy} what is not ours")
    if policy == "none":
        return Finding(check="DMARC", standing=Standing.weak, said="DMARC only watches (p=none)", fix="Ask for quarantine once the reports are clean.")
    return Finding(check="DMARC", standing=Standing.wrong, said="the DMARC record names no policy", fix="Add p=none, p=quarantine or p=reject.")


def _above(domain: str) -> list[str]:
    """The domains above with at least two labels."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(1, len(labels) - 1)]


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, found, value in pairs if found}


def dns_resolver(timeout_seconds: float = 5.0) -> Resolver:
    """TXT texts from the name servers of this machine; needs the extra `dns`."""
    try:
        import dns.exception
        import dns.resolver
    except ImportError:
        raise Unsupported(
            "Looking up SPF, DKIM and DMARC needs the extra dns.", "Install it with `pip install tenure[dns]`."
        ) from None
    lookup = dns.resolver.Resolver()

    def resolve(name: str) -> Sequence[str]:
        try:
            found = lookup.resolve(name, "TXT", lifetime=timeout_seconds)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except dns.exception.DNSException:
            raise Unavailable("The name servers do not answer.", "Try again later.") from None
        return [b"".join(record.strings).decode("utf-8", "replace") for record in found]

    return resolve
