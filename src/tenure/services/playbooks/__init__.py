"""Playbooks: checking and publishing files, taking customers in, doing what is due, carrying out what others order."""

from tenure.services.playbooks.context import PlaybookContext
from tenure.services.playbooks.entries import EntryReport
from tenure.services.playbooks.files import Checked, CheckedPlaybook, check_files, check_one
from tenure.services.playbooks.moves import AdvanceReport
from tenure.services.playbooks.service import PlaybookService, Published

__all__ = [
    "AdvanceReport",
    "Checked",
    "CheckedPlaybook",
    "EntryReport",
    "PlaybookContext",
    "PlaybookService",
    "Published",
    "check_files",
    "check_one",
]
