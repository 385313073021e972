"""Addresses in one form, so that the same person is suppressed however a source writes it."""

from __future__ import annotations

import re
import unicodedata

_WRAPPED = re.compile(r"^.*<([^<>]+)>\s*$", re.DOTALL)
_NOT_OF_A_NUMBER = re.compile(r"[^0-9]")


def fold_address(text: str) -> str:
    """An e-mail address without case, display name and `mailto:`, its host in ASCII; a phone number as digits only."""
    plain = unicodedata.normalize("NFKC", text).strip()
    wrapped = _WRAPPED.match(plain)
    plain = (wrapped[1] if wrapped else plain).strip().casefold().removeprefix("mailto:").removeprefix("tel:")
    if "@" not in plain:
        return folded_number(plain)
    name, _, host = plain.rpartition("@")
    return f"{name}@{_ascii_host(host.rstrip('.'))}"


def folded_number(text: str) -> str:
    """Digits only, without the leading zeros of an international prefix; text without digits stays as it is."""
    digits = _NOT_OF_A_NUMBER.sub("", text)
    return digits.removeprefix("00") if digits else text


def _ascii_host(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
