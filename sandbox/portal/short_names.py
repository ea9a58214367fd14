"""Names without what all of them begin with: a program often puts its own name before each."""

from __future__ import annotations

import itertools

from sandbox.cloudflare_api.access import AccessObjects


def short_name(name: str, objects: AccessObjects) -> str:
    """A name without the words that the groups, device checks and machines of the account have in common."""
    rows = (*objects.groups.values(), *objects.posture_rules.values(), *objects.service_tokens.values())
    words = [str(row["name"]).split("-")[:-1] for row in rows]
    alike = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))
    common = [column[0] for column in alike] if len(words) > 1 else []
    return name.removeprefix("-".join((*common, "")))
