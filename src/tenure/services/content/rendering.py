"""From templates and facts to a message: subject, text, and HTML that mail readers show as it was meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import css_inline
import msgspec
import nh3
from jinja2 import Template

from tenure.model.links import FOUND
from tenure.services.content.environment import HTML, compiled

TAGS = frozenset(
    ["a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p", "pre", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"]
)
ATTRIBUTES = {
    "*": {"class", "style", "align", "dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "width", "valign"},
    "table": {"width", "cellpadding", "cellspacing", "border", "role"},
}
SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_BLANK_LINES = re.compile(r"\n{3,}")


class Rendered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one template became. `links` are the markers in it (`unsubscribe`, `meeting`, `cta/guide`)."""

    subject: str = ""
    text: str = ""
    html: str = ""
    script: str = ""
    links: tuple[str, ...] = ()


class Renderer:
    """Renders templates that were checked before.

    Args:
        layout: the HTML around the HTML part of a mail (`{{ body }}`, `{{ subject }}`, `{{ address }}`); none: the bare part.
        address: the postal address that marketing law asks for, under every mail.
    """

    def __init__(self, layout: str = "", address: str = "") -> None:
        self._layout: Template | None = HTML.from_string(layout) if layout else None
        self._address = address
        self._inliner = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)

    def render(self, parts: Mapping[str, str], facts: Mapping[str, Any]) -> Rendered:
        """Every part of a template; raises jinja2.TemplateError for what no check could foresee."""
        done = {part: self.part(part, source, facts) for part, source in parts.items()}
        if "html" in done:
            done["html"] = self._letter(done["html"], done.get("subject", ""))
        links = dict.fromkeys(found for body in done.values() for found in FOUND.findall(body))
        return Rendered(links=tuple(links), **done)

    def part(self, part: str, source: str, facts: Mapping[str, Any]) -> str:
        """One part as it reads, HTML cleaned of what has no place in a mail but without the layout."""
        if part == "html":
            return clean(compiled(source, True).render(facts))
        text = compiled(source, False).render(facts)
        if part == "subject":
            return " ".join(text.split())
        return _BLANK_LINES.sub("\n\n", text).strip() + ("\n" if "\n" in source else "")

    def line(self, source: str, facts: Mapping[str, Any]) -> str:
        """A title, on one line."""
        return self.part("subject", source, facts)

    def _letter(self, body: str, subject: str) -> str:
        if self._layout is None:
            return body
        page = self._layout.render(body=_Markup(body), subject=subject, address=self._address)
        return self._inliner.inline(page)


def clean(html: str) -> str:
    """Only what belongs into a mail: no scripts, forms or frames, no addresses but plain ones."""
    return nh3.clean(
        html, tags=set(TAGS), attributes={tag: set(names) for tag, names in ATTRIBUTES.items()}, url_schemes=SCHEMES, link_rel=None
    )


class _Markup(str):
    """Already HTML: the layout does not escape it again."""

    def __html__(self) -> str:
        return self
