"""Effect in a success manager's words: a rate with its target, a difference with its interval and what it proves."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.rules.effect.campaign import CampaignEffect
from tenure.rules.effect.money import ValueKept
from tenure.rules.wording import money
from tenure.stats.result import Answer, Outcome, Rate
from tenure.stats.sequential import AlwaysValidDifference


def rate_words(found: Outcome[Rate], target: float | None = None, *, at_most: bool = False) -> str:
    """`32 % (16 of 50), target 30 %: reached`; no answer says why."""
    if not isinstance(found, Answer):
        return found.sentence
    share = found.value
    said = f"{share.percent:g} % ({share.count:,} of {share.total:,})"
    if target is None:
        return said
    is_met = share.value < target if at_most else share.value >= target
    return f"{said}, target {'under ' if at_most else ''}{100 * target:g} %: {'reached' if is_met else 'not reached'}"


def difference_words(found: Outcome[AlwaysValidDifference], of: str) -> str:
    """`+8.1 points retention (+1.2 to +15.0), proven`; the interval holds however often one looks."""
    if not isinstance(found, Answer):
        return found.sentence
    low, high = found.value.interval.low, found.value.interval.high
    proof = "proven" if low > 0 else "proven to do harm" if high < 0 else "not proven"
    return f"{100 * found.value.value:+.1f} points {of} ({100 * low:+.1f} to {100 * high:+.1f}), {proof}"


def value_words(found: ValueKept, currency: str) -> str:
    """`12,000 USD kept in 12 months (2,000 to 22,000 USD), proven; cost 300 USD`."""
    cost = f"cost {money(round(found.cost_cents), currency)}"
    if found.low is None or found.high is None:
        return f"{money(found.cents, currency)} recovered ARR, not proven; {cost}"
    proof = "proven" if found.is_proven else "not proven"
    return f"{money(found.cents, currency)} kept in 12 months ({money(found.low, currency)} to {money(found.high, currency)}), {proof}; {cost}"


def campaign_lines(found: CampaignEffect, currency: str) -> Iterator[tuple[str, str]]:
    """(label, words) of one playbook and version, most important first; what does not concern its kind is left out."""
    target = found.targets
    lifted = f", {found.lifted:,} taken out of the holdout by a person and compared with nobody" if found.lifted else ""
    yield "customers", f"{found.treated:,} treated, {found.held_out:,} held out{lifted}"
    yield "retention", difference_words(found.retention_effect, "retention")
    yield "recovery", rate_words(found.recovery, target.recovery) + _held(found)
    if not found.no_comparison:
        yield "against holdout", difference_words(found.recovery_effect, "recovery")
    yield "response", rate_words(found.response, target.response)
    if target.contacted is not None:
        waited = "" if found.hours_to_contact is None else f"; half of them within {found.hours_to_contact:.1f} h"
        yield "contacted in time", rate_words(found.contacted, target.contacted) + waited
    if target.conversion is not None:
        yield "came back", rate_words(found.conversion, target.conversion)
    yield "money", value_words(found.value, currency)
    yield "messages", (
        f"{found.sent:,} sent, {found.delivered:,} delivered, opened by {found.opened:,}, clicked by {found.clicked:,}, "
        f"answered by {found.responded:,}, {found.unsubscribed:,} unsubscribed, {found.complained:,} complained"
    )
    yield from _split_lines(found)
    for one in found.variants:
        against = "" if one.against_first is None else f"; {difference_words(one.against_first, 'response against the first')}"
        yield f"variant {one.variant}", f"{one.customers:,} customers, response {rate_words(one.response)}{against}"


def _held(found: CampaignEffect) -> str:
    return f"; on the last day still {found.held.value.percent:g} %" if isinstance(found.held, Answer) else ""


def _split_lines(found: CampaignEffect) -> Iterator[tuple[str, str]]:
    for what, split in (("holdout", found.split), ("variants", found.variant_split)):
        if isinstance(split, Answer) and split.value.is_broken:
            yield "split", f"The {what} were not drawn as planned (p {split.value.p_value:.4f}): read no effect before the reason is found."
