"""Mail handed over by a mailbox, signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.tracking_builder import NOW_US, House, store_in

from tenure.api.inbound import inbound_router
from tenure.providers.webhook.webhooks import signed_headers

SECRET = "inbound-secret"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with store_in(tmp_path) as store:
        yield House(store, "acme")


def test_signed_mail_is_taken_and_anything_else_is_not(house: House) -> None:
    api = FastAPI()
    api.include_router(inbound_router(lambda: SECRET, house.mail, house.clock))
    address = house.links.reply_address(house.sent()) or ""
    raw = f"From: ada@example.org\r\nTo: {address}\r\nSubject: Re: Hello\r\nMessage-ID: <1@x>\r\n\r\nGern.".encode()
    with TestClient(api) as web:
        for headers in ({}, signed_headers("wrong", raw, NOW_US), signed_headers(SECRET, raw + b"x", NOW_US), signed_headers(SECRET, raw, NOW_US - 301_000_000)):
            assert web.post("/inbound/mail", content=raw, headers=headers).status_code == 401
        assert house.kinds() == []
        taken = [web.post("/inbound/mail", content=raw, headers=signed_headers(SECRET, raw, NOW_US)).json() for _ in range(2)]
    assert taken == [{"kind": "reply", "ours": True, "new": True}, {"kind": "reply", "ours": True, "new": False}]
    assert house.kinds() == ["replied"]


def test_the_envelope_may_be_named(house: House) -> None:
    api = FastAPI()
    api.include_router(inbound_router(lambda: SECRET, house.mail, house.clock))
    raw = b"From: ada@example.org\r\nTo: team@example.com\r\nSubject: x\r\n\r\nYes."
    headers = signed_headers(SECRET, raw, NOW_US) | {"Tenure-Recipient": f"other@example.com, {house.links.reply_address(house.sent())}"}
    assert TestClient(api).post("/inbound/mail", content=raw, headers=headers).json()["ours"]
