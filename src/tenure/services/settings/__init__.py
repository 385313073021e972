"""Parameters as a use-case: what holds, what a change would do, and making it, with locks and history."""

from tenure.services.settings.service import ParameterService

__all__ = ["ParameterService"]
