"""One company of middling size for all tests that only look."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tenure.testing.company import Company, CompanyPlan, Facts


@dataclass(frozen=True)
class Lived:
    """A company and everything it produced."""

    company: Company
    facts: Facts


@pytest.fixture(scope="session")
def lived() -> Lived:
    """1,200 customers, 120 days, nobody touched."""
    company = Company(CompanyPlan(seed=4, customers=1_200, planned_days=120))
    return Lived(company, company.history(120))


@pytest.fixture(scope="session")
def small() -> Facts:
    """The facts of 80 customers in 40 days."""
    return Company(CompanyPlan(seed=2, customers=80, planned_days=40)).history(40)
