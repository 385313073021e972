"""Prints the reference page: `python -m tenure.parameters > docs/reference/parameters.md`."""

from __future__ import annotations

import sys

from tenure.parameters.reference import reference_markdown

if __name__ == "__main__":
    sys.stdout.write(reference_markdown())
