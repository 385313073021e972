"""Quantiles and tails that the other formulas share."""

from __future__ import annotations

from functools import lru_cache

from scipy import special


@lru_cache(maxsize=64)
def z_for(level: float) -> float:
    """The two-sided normal quantile: 1.96 for level 0.95.

    Raises:
        ValueError: the level is not strictly between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise ValueError("a confidence level lies strictly between 0 and 1, as 0.95")
    return float(special.ndtri(0.5 + level / 2))


@lru_cache(maxsize=256)
def t_for(level: float, degrees: float) -> float:
    """The two-sided Student quantile with that many degrees of freedom."""
    z_for(level)
    return float(special.stdtrit(degrees, 0.5 + level / 2))


def two_sided_p(z: float) -> float:
    """Chance of a normal value at least this far from zero."""
    return float(2 * special.ndtr(-abs(z)))


def chi_square_p(statistic: float, degrees: int) -> float:
    """Upper tail of the chi-square distribution."""
    return float(special.chdtrc(degrees, statistic))
