"""`gatehouse schema`: the grammar of apps.yaml, for editors and for people."""

from __future__ import annotations

import json

from infra.commands.reference import reference
from infra.schema import json_schema


def schema(form: str) -> int:
    """Print the schema as it stands in infra/apps.schema.json, or the page as it stands in docs/apps-yaml.md."""
    print(reference() if form == "markdown" else schema_text(), end="")
    return 0


def schema_text() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
