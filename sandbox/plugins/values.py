"""Property values on the engine's wire: JSON, plus "secret" and "not known yet"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from google.protobuf import struct_pb2

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 # the protocol's mark of a secret, not one
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Unknown:
    """A value that exists only once something else has been created."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that the engine encrypts wherever it stores it."""

    value: object

    def __repr__(self) -> str:
        return "Secret(…)"


Properties = dict[str, object]
"""The properties of one resource, by their names on the wire (camel case)."""


def decode(struct: struct_pb2.Struct) -> Properties:
    """Properties out of a message; numbers that are whole become integers."""
    return {name: _decode(value) for name, value in struct.fields.items()}


def _decode(value: struct_pb2.Value) -> object:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = decode(value.struct_value)
        return Secret(fields.get("value")) if fields.get(_SIGNATURE) == _SECRET else fields
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "number_value":
        number: float = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if value.string_value == _UNKNOWN else str(value.string_value)
    return bool(value.bool_value) if kind == "bool_value" else None


def encode(properties: Mapping[str, object]) -> struct_pb2.Struct:
    """Properties as a message; those without a value are left out."""
    struct = struct_pb2.Struct()
    struct.update({name: _encode(value) for name, value in properties.items() if value is not None})
    return struct


def _encode(value: object) -> object:
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": _encode(value.value)}
    if isinstance(value, Unknown):
        return _UNKNOWN
    if isinstance(value, Mapping):
        return {str(name): _encode(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    return value


def reveal(value: object) -> object:
    """The value with every secret wrapper taken off."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, Mapping):
        return {name: reveal(item) for name, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def is_known(value: object) -> bool:
    """Whether no part of the value waits for something else."""
    plain = reveal(value)
    if isinstance(plain, Mapping):
        return all(is_known(item) for item in plain.values())
    if isinstance(plain, list):
        return all(is_known(item) for item in plain)
    return not isinstance(plain, Unknown)


def is_empty(value: object) -> bool:
    """Whether the vendor treats the value as if it were not there."""
    return value is None or value is False or value in ("", [], {})
