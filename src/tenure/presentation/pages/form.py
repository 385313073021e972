"""What the page of a survey needs."""

from __future__ import annotations

from typing import Protocol


class SurveyForm(Protocol):
    """A question, its scale with the words at both ends, and the question of the comment."""

    @property
    def question(self) -> str: ...
    @property
    def low(self) -> int: ...
    @property
    def high(self) -> int: ...
    @property
    def low_label(self) -> str: ...
    @property
    def high_label(self) -> str: ...
    @property
    def comment_question(self) -> str: ...
