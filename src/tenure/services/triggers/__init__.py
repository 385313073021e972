"""Triggers: definitions published, crossings fired, chains advanced, effect measured."""

from tenure.services.triggers.chains import Advance
from tenure.services.triggers.health_drop import Evaluation
from tenure.services.triggers.service import TriggerService

__all__ = ["Advance", "Evaluation", "TriggerService"]
