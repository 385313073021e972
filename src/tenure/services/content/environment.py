"""The Jinja environments of templates: sandboxed, strict, without anything that reads files or runs for ever."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment


def _environment(escapes: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(autoescape=escapes, undefined=StrictUndefined, keep_trailing_newline=True)
    environment.globals.clear()
    return environment


PLAIN = _environment(escapes=False)
HTML = _environment(escapes=True)


@lru_cache(maxsize=2_000)
def compiled(source: str, is_html: bool) -> Template:
    """A template ready to render; raises jinja2.TemplateSyntaxError."""
    return (HTML if is_html else PLAIN).from_string(source)
