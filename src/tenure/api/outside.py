"""All routes that customers, Slack and mailboxes call, from one deployment's outside."""

from __future__ import annotations

from collections.abc import Sequence

import httpx2
from fastapi import APIRouter

from tenure.api.inbound import inbound_router
from tenure.api.links import links_router
from tenure.api.slack import AnswerFromSlack, CommandFromSlack, is_slack_address, slack_router
from tenure.app.outside import Outside
from tenure.clock import Clock

_SAY_SECONDS = 10.0


def outside_routers(
    outside: Outside, clock: Clock, answer_from_slack: AnswerFromSlack, command_from_slack: CommandFromSlack
) -> Sequence[APIRouter]:
    """For `create_app(services, routers)`."""
    slack = outside.registry.slack
    base_url = slack.base_url if slack is not None else ""

    async def say(url: str, words: str) -> None:
        if not is_slack_address(url, base_url):
            return
        async with httpx2.AsyncClient(timeout=_SAY_SECONDS, follow_redirects=False) as client:
            answer = await client.post(url, json={"text": words, "response_type": "ephemeral", "replace_original": False})
            answer.raise_for_status()

    return (
        links_router(outside.tracking(), outside.surveys(), clock, outside.brand),
        slack_router(outside.registry.slack_signing_secret, answer_from_slack, say, clock, command_from_slack),
        inbound_router(outside.inbound_secret, outside.inbound(), clock),
    )
