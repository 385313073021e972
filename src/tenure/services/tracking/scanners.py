"""Telling people from programs that follow links: mail scanners, previews, prefetching (A14: theirs are no responses)."""

from __future__ import annotations

import re

import msgspec

from tenure.clock import SECOND_US

TOO_SOON_SECONDS = 15
"""A click this soon after sending is a gateway looking at a mail nobody can have read yet."""
_AGENTS = re.compile(
    r"bot\b|crawl|spider|scan|preview|prefetch|slurp|fetch|monitor|headless|phantom|selenium|puppeteer|playwright"
    r"|python|curl|wget|libwww|java/|okhttp|go-http|ruby|axios|node\b|perl|httpclient|http_client|winhttp"
    r"|proofpoint|mimecast|barracuda|safelinks|office365|microsoft-webdav|msoffice|ms office|microsoft outlook|trendmicro|symantec"
    r"|messagelabs|fortinet|fireeye|sophos|cisco|ironport|forcepoint|zscaler|checkpoint|mcafee|kaspersky|avast|urldefense"
    r"|slackbot|whatsapp|telegram|discord|skypeuripreview|facebookexternal|twitterbot|linkedinbot|googleimageproxy|yahoomailproxy",
    re.IGNORECASE,
)


class Visitor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a request shows of whoever made it."""

    method: str = "GET"
    user_agent: str = ""
    purpose: str = ""
    """`Sec-Purpose`, `Purpose` or `X-Moz`: browsers say prefetch there."""


def is_scanner(visitor: Visitor, sent_us: int | None, now_us: int) -> bool:
    """Whether a program followed the link. Errs toward program: a person clicks again or answers."""
    if visitor.method != "GET" or not visitor.user_agent.strip():
        return True
    if any(word in visitor.purpose.lower() for word in ("prefetch", "prerender", "preview")):
        return True
    if _AGENTS.search(visitor.user_agent):
        return True
    return sent_us is not None and now_us - sent_us < TOO_SOON_SECONDS * SECOND_US
