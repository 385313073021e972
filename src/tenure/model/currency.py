"""Money in other currencies: the venture's own currency and its dated table of rates (R5)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec

from tenure.errors import BadInput

RATE_DECIMALS = 12


class CurrencyRate(msgspec.Struct, frozen=True, kw_only=True):
    """From `since_us` on, 1 unit of `currency` is `rate` units of the venture's currency; `rate` is decimal text."""

    currency: str
    since_us: int
    rate: str


class Currencies(msgspec.Struct, frozen=True, kw_only=True):
    """The venture's currency and every dated rate into it, in any order."""

    venture: str
    rates: tuple[CurrencyRate, ...] = ()

    def in_force(self, at_us: int) -> dict[str, Decimal]:
        """The rate of every currency that has one at this time; the venture's own is 1."""
        dated = sorted((one for one in self.rates if one.since_us <= at_us), key=lambda one: one.since_us)
        return {one.currency.upper(): exact_rate(one) for one in dated} | {self.venture.upper(): Decimal(1)}


def exact_rate(rate: CurrencyRate) -> Decimal:
    """The rate as an exact decimal; raises BadInput when it is not a positive number of at most 12 decimals."""
    try:
        value = Decimal(rate.rate)
    except InvalidOperation:
        value = Decimal("NaN")
    exponent = value.as_tuple().exponent
    if not value.is_finite() or value <= 0 or not isinstance(exponent, int) or exponent < -RATE_DECIMALS:
        raise BadInput(
            f"The rate {rate.rate!r} of {rate.currency} is not a positive number with at most {RATE_DECIMALS} decimals.",
            "Correct it in the table of rates.",
        )
    return value


def converted_cents(cents: int, rate: Decimal) -> int:
    """Cents in the venture's currency, rounded half up, without floats; the twin of the SQL expression."""
    numerator, denominator = rate.as_integer_ratio()
    return (2 * cents * numerator + denominator) // (2 * denominator)
