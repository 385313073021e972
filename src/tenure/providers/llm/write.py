"""`tenure.ports.writer` over pydantic-ai, which speaks to any maker's models."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from tenure.errors import Unavailable
from tenure.ports.writer import Brief, Written
from tenure.providers.llm.config import LlmSettings

if TYPE_CHECKING:
    from pydantic_ai import Agent
    from pydantic_ai.models import Model

INSTRUCTIONS = """\
You rewrite one short message of a customer success team to one customer. Keep its meaning, its language and its kind tone;
make it sound written for this customer, using only the facts you are given.
Keep every address that begins with https://link.tenure.invalid/ and every stand-in such as [[1]] exactly as it is.
Never add a number, a name, a date, an address, an offer, a price or a promise that is not in the message or the facts.
No Markdown. Answer with a subject of one line and a text of short paragraphs, no longer than the message."""


class Draft(BaseModel):
    """What the model has to answer with."""

    subject: str
    text: str


class ModelWriter:
    """One configured model.

    Args:
        model: in place of the one the settings name (tests).
    """

    def __init__(self, settings: LlmSettings, key: str = "", model: Model | None = None) -> None:
        self._settings, self._key, self._model = settings, key, model

    @property
    def name(self) -> str:
        return self._settings.model

    def write(self, brief: Brief) -> Written:
        try:
            from pydantic_ai import Agent
            from pydantic_ai.exceptions import AgentRunError, UserError
        except ImportError:
            raise Unavailable("Language models need the extra llm.", "Install it: pip install 'tenure[llm]'.") from None
        try:
            agent = Agent(self._made(), output_type=Draft, instructions=INSTRUCTIONS, retries=1)
            answer = asyncio.run(_answered(agent, brief, self._settings.timeout_seconds))
        except UserError:
            raise Unavailable(f"The model {self.name} cannot be used.", "Check [providers.llm]: its name, its key, its maker's package.") from None
        except ImportError:
            raise Unavailable(f"The model {self.name} needs its maker's package.", "Install pydantic-ai-slim with that maker's extra.") from None
        except (AgentRunError, OSError) as problem:
            raise Unavailable(f"The model {self.name} did not answer ({type(problem).__name__}).", "The draft stays as it was; try again.") from None
        return Written(subject=answer.subject, text=answer.text)

    def _made(self) -> Model:
        from pydantic_ai.models import infer_model
        from pydantic_ai.providers import infer_provider_class

        if self._model is not None:
            return self._model
        if not self._key:
            return infer_model(self._settings.model)

        def with_key(maker: str) -> Any:
            kind: Any = infer_provider_class(maker)
            return kind(api_key=self._key)

        return infer_model(self._settings.model, with_key)


async def _answered(agent: Agent[None, Draft], brief: Brief, timeout_seconds: float) -> Draft:
    """In a loop of its own, which ends with its connections: the library's blocking call leaves its loop open."""
    async with agent:
        return (await agent.run(_asked(brief), timeout=timeout_seconds)).output


def _asked(brief: Brief) -> str:
    """The prompt: everything in it is masked."""
    parts = [f"Subject: {brief.subject}", f"Message:\n{brief.text}"]
    if brief.facts:
        parts.append("Facts:\n" + "\n".join(f"- {fact}" for fact in brief.facts))
    if brief.wish:
        parts.append(f"Wish of the person who will send it: {brief.wish}")
    if brief.objections:
        parts.append("Your last draft was refused, because nobody told you: " + "; ".join(brief.objections))
    return "\n\n".join(parts)
