"""`python -m tenure.playbooks`: write the JSON Schema beside the playbooks again, after the format changed."""

from __future__ import annotations

import json
from pathlib import Path

from tenure.playbooks import SCHEMA_NAME
from tenure.rules.playbooks.schema import json_schema

Path(__file__).with_name(SCHEMA_NAME).write_text(json.dumps(json_schema(), indent=2) + "\n", encoding="utf-8")
