"""C6: the packs go out with an invitation and its attendees."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from icalendar import Calendar
from tests.integration.acting.house import MONDAY_10_US, House

from tenure.clock import HOUR_US, iso, to_us
from tenure.crew.reviews import Reviews
from tenure.crew.rooms import ReviewPack
from tenure.model.touches import Channel
from tenure.providers.calendar.mapping import CalendarInvitations
from tenure.rules.notices import Notice

DIGEST = Notice(title="Customers at risk this week", lines=("3 at risk",))
MONDAY_9_US = MONDAY_10_US - HOUR_US
PACK = ReviewPack(title="Weekly review", lines=("Week over week: Average health: 67",), page="<!doctype html><p>pack", path="reports/weekly.html")


def reviews(house: House, pack: ReviewPack | None = PACK) -> tuple[Reviews, list[str]]:
    asked: list[str] = []

    def review(name: str, now_us: int, uptime_percent: float | None = None) -> ReviewPack | None:
        asked.append(name)
        return pack

    rooms: Any = SimpleNamespace(
        parameters=lambda: house.parameters, stores=SimpleNamespace(people=house.store.people, stand_ins=house.store.stand_ins, touches=house.touches),
        own=house.own, venture=house.venture, senses=SimpleNamespace(review=review), invitations=CalendarInvitations("example.com"),
    )  # fmt: skip
    return Reviews(rooms), asked


def mailed(house: House, to: str) -> dict[str, Any]:
    (touch,) = house.touches.to(to)
    assert touch.channel is Channel.email and not touch.customer_facing
    return dict(touch.content)


def invitation(content: dict[str, Any]) -> Any:
    file = next(one for one in content["attachments"] if one["mime"].startswith("text/calendar"))
    return Calendar.from_ical(file["text"]).walk("VEVENT")[0]


def test_C6_monday_digest_carries_the_pack_and_invites_an_hour_later(house: House) -> None:
    made, asked = reviews(house)
    assert made.weekly(DIGEST, MONDAY_9_US) >= 1 and asked == ["weekly_review"]
    content = mailed(house, "lee@example.com")
    assert content["subject"] == DIGEST.title and "3 at risk" in content["text"] and "30 minutes" in content["text"]
    page = next(one for one in content["attachments"] if one["mime"].startswith("text/html"))
    assert (page["name"], page["text"]) == ("weekly-review.html", PACK.page)
    event = invitation(content)
    assert iso(to_us(event["dtstart"].dt)) == iso(MONDAY_9_US + HOUR_US)
    assert str(event["organizer"]) == "mailto:lee@example.com" and "lee@example.com" in str(event["attendee"])


def test_C6_a_pack_made_again_sends_nothing_twice(house: House) -> None:
    made, _ = reviews(house)
    assert made.weekly(DIGEST, MONDAY_9_US) > 0
    assert made.weekly(DIGEST, MONDAY_9_US + HOUR_US // 3) == 0


def test_C6_caught_up_late_the_meeting_is_in_the_next_working_hours(house: House) -> None:
    made, _ = reviews(house)
    made.weekly(DIGEST, MONDAY_9_US + 6 * HOUR_US)
    start_us = to_us(invitation(mailed(house, "lee@example.com"))["dtstart"].dt)
    assert start_us > MONDAY_9_US + 6 * HOUR_US


def test_C6_the_business_review_invites_chairman_and_leads(house: House) -> None:
    made, asked = reviews(house, ReviewPack(title="Business review", lines=("NPS: +31",), page="<p>", path="b.html"))
    made.business(99.5, MONDAY_9_US)
    assert asked == ["business_review"]
    event = invitation(mailed(house, "cleo@example.com"))
    assert sorted(str(one) for one in event["attendee"]) == ["mailto:cleo@example.com", "mailto:lee@example.com"]
    assert "NPS: +31" in str(event["description"]) and mailed(house, "lee@example.com")["attachments"]
    assert house.touches.to("ola@example.com") == []


def test_without_the_warehouse_the_digest_still_goes_and_the_business_review_waits(house: House) -> None:
    made, _ = reviews(house, None)
    assert made.weekly(DIGEST, MONDAY_9_US) > 0 and "attachments" not in mailed(house, "lee@example.com")
    assert made.business(None, MONDAY_9_US) == 0
