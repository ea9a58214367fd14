"""The Access objects of an account as the evaluator reads them: plain REST documents by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.cloudflare_api.document import Json


@dataclass(frozen=True)
class AccessObjects:
    """REST-shaped documents; policies inside an application may be references or whole policies."""

    applications: tuple[Json, ...]
    policies: Mapping[str, Json]
    groups: Mapping[str, Json]
    identity_providers: Mapping[str, Json]
    service_tokens: Mapping[str, Json]
    posture_rules: Mapping[str, Json]

    @classmethod
    def of(
        cls,
        applications: Iterable[Json] = (),
        policies: Iterable[Json] = (),
        groups: Iterable[Json] = (),
        identity_providers: Iterable[Json] = (),
        service_tokens: Iterable[Json] = (),
        posture_rules: Iterable[Json] = (),
    ) -> AccessObjects:
        """From plain lists of documents, each with its `id`."""
        return cls(
            tuple(applications),
            _by_id(policies),
            _by_id(groups),
            _by_id(identity_providers),
            _by_id(service_tokens),
            _by_id(posture_rules),
        )


def _by_id(rows: Iterable[Json]) -> Mapping[str, Json]:
    return {str(row["id"]): row for row in rows}
