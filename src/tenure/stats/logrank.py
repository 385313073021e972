"""Do segments churn at different speed? The log-rank test over any number of groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tenure.stats.normal import chi_square_p
from tenure.stats.result import Answer, Outcome, not_enough_customers, one_sided
from tenure.stats.survival import Floats, Lifetimes


@dataclass(frozen=True, slots=True)
class LogRankGroup:
    """Churn seen in a group and churn expected if all groups were alike."""

    name: str
    customers: int
    observed: int
    expected: float


@dataclass(frozen=True, slots=True)
class LogRank:
    """Chi-square statistic, its degrees of freedom and p, with the groups in the order given."""

    statistic: float
    degrees: int
    p_value: float
    groups: tuple[LogRankGroup, ...]


def log_rank(groups: Mapping[str, Lifetimes]) -> Outcome[LogRank]:
    """Mantel's log-rank test (1966) from aggregated tenures; empty groups are left out.

    No answer with fewer than two groups, or when nobody churned while two groups were at risk.
    """
    present = {name: lifetimes for name, lifetimes in groups.items() if lifetimes.customers > 0}
    if len(present) < 2:
        return not_enough_customers(len(present), 2)
    times = np.unique(np.concatenate([_churn_times(one) for one in present.values()]))
    if times.size == 0:
        return one_sided("Nobody churned in any of the groups.")
    tables = [_at_times(one, times) for one in present.values()]
    at_risk, churned = np.array([t[0] for t in tables]), np.array([t[1] for t in tables])
    expected, covariance = _expected(at_risk, churned)
    observed = churned.sum(axis=1)
    degrees = int(np.linalg.matrix_rank(covariance, hermitian=True))
    if degrees == 0:
        return one_sided("The groups were never at risk at the same tenure.")
    gap = observed - expected
    statistic = float(gap @ np.linalg.pinv(covariance, hermitian=True) @ gap)
    rows = zip(present.items(), observed, expected, strict=True)
    found = tuple(LogRankGroup(name, one.customers, int(o), float(e)) for (name, one), o, e in rows)
    return Answer(LogRank(statistic, degrees, chi_square_p(statistic, degrees), found))


def _churn_times(lifetimes: Lifetimes) -> Floats:
    days = np.array(lifetimes.durations, dtype=np.float64)
    return days[np.array(lifetimes.churned) > 0]


def _at_times(lifetimes: Lifetimes, times: Floats) -> tuple[Floats, Floats]:
    """At risk and churned at times where this group itself may have no row.

    Between two of its rows a group is unchanged but for who entered at the earlier one, so the number
    at risk is that of its next row; after its last row nobody is left.
    """
    days = np.array(lifetimes.durations)
    place = np.searchsorted(days, times, side="left")
    at_risk = np.append(np.array(lifetimes.at_risk, dtype=np.float64), 0.0)[place]
    exact = np.append(days, np.inf)[place] == times
    churned = np.where(exact, np.append(np.array(lifetimes.churned, dtype=np.float64), 0.0)[place], 0.0)
    return at_risk, churned


def _expected(at_risk: Floats, churned: Floats) -> tuple[Floats, Floats]:
    """Expected churn per group and the hypergeometric covariance, summed over the times."""
    all_risk, all_churned = at_risk.sum(axis=0), churned.sum(axis=0)
    share = at_risk / all_risk
    expected = (share * all_churned).sum(axis=1)
    ties = np.divide(all_risk - all_churned, all_risk - 1, out=np.zeros_like(all_risk), where=all_risk > 1)
    weight = all_churned * ties
    covariance = np.diag((share * weight).sum(axis=1)) - (share * weight) @ share.T
    return expected, covariance
