"""To whom (P5), and whether (A19)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.outreach_builder import KIM, SAM, card

from tenure.model.cards import Contact
from tenure.model.consents import EVERY, Consent
from tenure.model.touches import Channel, Purpose
from tenure.rules.addresses import fold_address
from tenure.rules.eligibility.consent import (
    NOTHING_KNOWN,
    Permissions,
    Recipient,
    is_billing_contact,
    recipient_of,
)

OLD_HAND = Contact(user_id="u3", name="Old", email="old@example.com", role="admin", deactivated_us=5)


def to(purpose: Purpose = Purpose.service, channel: Channel = Channel.email, permissions: Permissions = NOTHING_KNOWN, **fields: Any) -> str:
    user_id = fields.pop("user_id", None)
    found = recipient_of(card(**fields), channel, purpose, permissions, user_id)
    return found.contact.user_id if isinstance(found, Recipient) else f"nobody: {found}"


def no(**fields: Any) -> Permissions:
    return Permissions(consents=[Consent(customer_id="c1", given=False, source="person", at_us=1, **fields)])


def test_P5_the_primary_contact_first_then_a_decider_then_the_most_active() -> None:
    assert to(primary_contact="u2") == "u2"
    assert to(primary_contact="kim@example.com") == "u2"
    assert to() == "u1"
    assert to(contacts=(Contact(user_id="u4", email="d@example.com", active_days_30=1), KIM)) == "u2"


@pytest.mark.parametrize(
    ("role", "pays"),
    [
        ("Accountant", True), ("Financial Controller", True), ("Accounts-Payable clerk", True), ("Treasurer", True), ("Head of Finance", True),
        ("Billing", True), ("Account manager", False), ("refinancing sales", False), (None, False),
    ],
)  # fmt: skip
def test_day_one_9_who_looks_after_invoices_is_told_by_the_role(role: str | None, pays: bool) -> None:
    assert is_billing_contact(Contact(user_id="u", role=role)) is pays


def test_day_one_9_a_bill_goes_to_the_billing_contact_first() -> None:
    payer = Contact(user_id="u7", email="bills@example.com", role="Billing manager")
    people = (SAM, KIM, payer)
    assert to(Purpose.transactional, contacts=people, primary_contact="u2") == "u7"
    assert to(Purpose.service, contacts=people, primary_contact="u2") == "u2"
    gone = Contact(user_id="u7", email="bills@example.com", role="billing", deactivated_us=1)
    assert to(Purpose.transactional, contacts=(SAM, KIM, gone), primary_contact="u2") == "u2"


def test_P5_users_who_are_gone_or_have_no_address_are_passed_over() -> None:
    assert to(primary_contact="u3", contacts=(OLD_HAND, SAM)) == "u1"
    assert to(channel=Channel.sms, contacts=(KIM, SAM)) == "u1"
    assert to(contacts=(OLD_HAND,)).startswith("nobody")


def test_P5_a_primary_contact_that_is_no_user_is_an_address() -> None:
    found = recipient_of(card(primary_contact="boss@example.com"), Channel.email, Purpose.service, NOTHING_KNOWN)
    assert isinstance(found, Recipient) and found.address == "boss@example.com"


def test_a_customer_without_users_is_its_own_contact() -> None:
    assert to(contacts=(), email="c1@example.com") == "c1"
    assert to(contacts=()).startswith("nobody")


def test_a_touch_that_names_a_person_goes_to_nobody_else() -> None:
    assert to(user_id="u2") == "u2"
    assert to(user_id="u2", permissions=no(user_id="u2")).startswith("nobody")


def test_P5_whoever_may_not_be_contacted_is_passed_over() -> None:
    assert to(permissions=no(user_id="u1")) == "u2"


@pytest.mark.parametrize("purpose", [Purpose.service, Purpose.transactional])
def test_A19_without_a_record_service_goes(purpose: Purpose) -> None:
    assert to(purpose) == "u1"


def test_A19_marketing_needs_consent_or_a_recorded_legal_basis() -> None:
    assert to(Purpose.marketing) == "nobody: marketing without consent or a recorded legal basis"
    basis = Consent(customer_id="c1", purpose="marketing", given=True, source="existing customer relationship", at_us=1)
    assert to(Purpose.marketing, permissions=Permissions(consents=[basis])) == "u1"
    stated = Contact(user_id="u9", email="i@example.com", active_days_30=1, consent={"marketing": True})
    assert to(Purpose.marketing, contacts=(stated,)) == "u9"


def test_A19_opting_out_of_a_channel_stops_that_channel() -> None:
    assert to(permissions=no(channel="email")) == "nobody: opted out of email"
    assert to(channel=Channel.sms, permissions=no(channel="email")) == "u1"


def test_A19_do_not_contact_stops_everything_calls_included() -> None:
    for channel in Channel:
        assert to(channel=channel, permissions=no()).startswith("nobody")
    everywhere = Permissions(suppressed={SAM.email or "": frozenset({EVERY}), KIM.email or "": frozenset({EVERY})})
    assert to(channel=Channel.call, permissions=everywhere).startswith("nobody")


@pytest.mark.parametrize("said", [{"do_not_contact": True}, {"contact": False}, {"email": False}, {"service": False}])
def test_what_the_source_states_counts(said: dict[str, bool]) -> None:
    assert to(contacts=(Contact(user_id="u9", email="i@example.com", active_days_30=1, consent=said),)).startswith("nobody")


def test_the_last_word_counts_and_the_log_knows_more_than_the_source() -> None:
    words = [
        Consent(customer_id="c1", channel="email", given=False, source="link", at_us=1),
        Consent(customer_id="c1", channel="email", given=True, source="person", at_us=2),
    ]
    assert to(permissions=Permissions(consents=words)) == "u1"
    assert to(permissions=Permissions(consents=words[:1])).startswith("nobody")


def test_suppression_wins_over_consent() -> None:
    yes = Consent(customer_id="c1", purpose="marketing", given=True, source="form", at_us=9)
    suppressed = {SAM.email or "": frozenset({"email"})}
    assert to(Purpose.marketing, permissions=Permissions(consents=[yes], suppressed=suppressed)) == "u2"


def test_suppression_of_mail_leaves_the_phone() -> None:
    suppressed = Permissions(suppressed={SAM.email or "": frozenset({"email"})})
    assert to(channel=Channel.call, permissions=suppressed) == "u1"


@pytest.mark.parametrize(
    "written",
    ["Sam@Example.com", " sam@example.com ", "mailto:sam@example.com", "Sam Doe <SAM@example.com>", "ｓam@example.com", "sam@example.com."],
)
def test_A29_an_address_is_the_same_however_it_is_written(written: str) -> None:
    assert fold_address(written) == "sam@example.com"


def test_A29_international_hosts_and_numbers_have_one_form() -> None:
    assert fold_address("a@MÜNCHEN.example") == fold_address("a@xn--mnchen-3ya.example")
    assert fold_address("+1 (202) 555-0101") == fold_address("001 202 555 0101") == "12025550101"
