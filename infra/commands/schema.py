"""`gatehouse schema`: the JSON Schema of apps.yaml."""

from __future__ import annotations

import json

from infra.schema import json_schema


def schema() -> int:
    """Print the schema as it stands in infra/apps.schema.json."""
    print(schema_text(), end="")
    return 0


def schema_text() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
