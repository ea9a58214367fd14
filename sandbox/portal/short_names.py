"""Names without what all of them begin with: a program often puts its own name before each."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from sandbox.cloudflare_api.access import AccessObjects

_STACK = re.compile(r" \([^()]*\)$")


def without_stack(title: str, titles: Iterable[str]) -> str:
    """A title without what all of them end with in brackets, such as `(sandbox)`."""
    ends = {found[0] if (found := _STACK.search(one)) else "" for one in titles}
    return title.removesuffix(ends.pop()) if len(ends) == 1 else title


def short_name(name: str, objects: AccessObjects) -> str:
    """A name without the words that the groups, device checks and machines of the account have in common."""
    rows = (*objects.groups.values(), *objects.posture_rules.values(), *objects.service_tokens.values())
    words = [str(row["name"]).split("-")[:-1] for row in rows]
    alike = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))
    common = [column[0] for column in alike] if len(words) > 1 else []
    return name.removeprefix("-".join((*common, "")))
