"""Cloudflare's published OpenAPI text as a judge of single exchanges.

The text is not part of this repository. `untruths` lists where it is known to differ from the service.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import httpx
from openapi_schema_validator import OAS30Validator

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
SPEC = SHARED / "cloudflare-openapi-subset.json"


def untruths(spec: dict) -> None:
    """Correct the text where the service is known to do otherwise."""
    schemas = spec["components"]["schemas"]
    # Times that have not come yet are sent as null.
    for name in ("tunnel_deleted_at", "tunnel_conns_active_at", "tunnel_conns_inactive_at"):
        schemas[name]["nullable"] = True
    # A tunnel that was never configured has a null configuration.
    schemas["tunnel_config"]["nullable"] = True
    # The catch-all rule has no hostname.
    schemas["tunnel_ingressRule"]["required"].remove("hostname")
    # A record without comment has a null one; only records of structured types carry `data`.
    schemas["dns-records_comment"]["nullable"] = True
    _relax(spec)


def _relax(schema: object) -> None:
    """Nothing is required to have `data`, and unions are tried one by one: their discriminators name no schema."""
    if isinstance(schema, dict):
        schema.pop("discriminator", None)
        if isinstance(schema.get("required"), list):
            schema["required"] = [name for name in schema["required"] if name != "data"]
        for value in schema.values():
            _relax(value)
    elif isinstance(schema, list):
        for value in schema:
            _relax(value)


@lru_cache(maxsize=1)
def _spec() -> dict:
    spec: dict = json.loads(SPEC.read_text(encoding="utf-8"))
    untruths(spec)
    return spec


def complaints(response: httpx.Response) -> list[str]:
    """What the text has against an exchange; nothing for operations that it does not describe."""
    request = response.request
    path = request.url.path.removeprefix("/client/v4")
    operation = _operation(request.method.lower(), path)
    if operation is None:
        return []
    if response.status_code >= 400:
        return _refusal_complaints(response)
    expected = operation["responses"].get(str(response.status_code))
    if expected is None:
        return [f"{request.method} {path}: status {response.status_code} is not among {list(operation['responses'])}"]
    found = _errors(expected["content"]["application/json"]["schema"], response.json(), "answer")
    if request.content and "requestBody" in operation:
        sent = operation["requestBody"]["content"]["application/json"]["schema"]
        found += _errors(sent, json.loads(request.content), "request")
    return [f"{request.method} {path} {one}" for one in found]


def _refusal_complaints(response: httpx.Response) -> list[str]:
    """Every family words refusals alike; only Access admits in the text that their result is null."""
    envelope = _spec()["components"]["schemas"]["access_api-response-common-failure"]
    return _errors(envelope, response.json(), "refusal")


def _operation(method: str, path: str) -> dict | None:
    found = path.strip("/").split("/")
    for template, operations in _spec()["paths"].items():
        expected = template.strip("/").split("/")
        if len(expected) == len(found) and all(
            one.startswith("{") or one == other for one, other in zip(expected, found, strict=True)
        ):
            return operations.get(method)
    return None


def _errors(schema: dict, instance: object, what: str) -> list[str]:
    validator = OAS30Validator({**schema, "components": _spec()["components"]})
    return [
        f"{what} {'/'.join(map(str, error.absolute_path))}: {error.message[:300]} {_deepest(error)}"
        for error in validator.iter_errors(instance)
    ]


def _deepest(error: object) -> str:
    """The most specific reasons below a failed `anyOf`."""
    return "; ".join(one.message[:120] for one in getattr(error, "context", ())[:4])
