"""The people of the sandbox: what each identity provider says of them, and from where they come.

They are kept in a JSON file and changed over an API. Nothing here knows departments: groups and claims are written
down for each provider, which is named by its name or its id at Cloudflare.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from dataclasses import fields as fields_of
from pathlib import Path

from sandbox.cloudflare_api.document import Json, documents, section, texts
from sandbox.front.files import read_json, write_json

_ID = re.compile(r"[A-Za-z0-9._@+-]{1,100}")
_EMAIL = re.compile(r"[^@\s<>\x00-\x1f\x7f]+@[^@\s<>\x00-\x1f\x7f]+")
_COUNTRY = re.compile(r"[A-Z][A-Z0-9]")


@dataclass(frozen=True)
class Circumstances:
    """From where a visitor comes: what the edge sees of a request, and no client can claim."""

    country: str | None = None
    ip: str | None = None
    postures: tuple[str, ...] | None = ()  # posture rules that pass, by name or id; `None` is every rule


# Somebody at work as usual: what holds for people of the roster until it is set otherwise.
AT_WORK = Circumstances(country="JP", postures=None)


@dataclass(frozen=True)
class Assertion:
    """What one provider says of a person; `email` where it is another than the person's."""

    groups: tuple[str, ...] = ()
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    email: str = ""


@dataclass(frozen=True)
class Person:
    """Somebody who can log in, at the providers under `identities`; `listed` in the roster, or added by hand."""

    id: str
    name: str
    email: str
    second_factor: bool = False
    circumstances: Circumstances = Circumstances()
    identities: Mapping[str, Assertion] = field(default_factory=dict)
    listed: bool = False

    def at(self, *provider: str) -> Assertion | None:
        """What the provider of that name or id says of the person, if it knows them."""
        return next((self.identities[one] for one in provider if one in self.identities), None)


class People:
    """Everybody, in order, and the circumstances of visitors whom nobody has recognised yet."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        stored = read_json(file) if file is not None else {}
        self._people = {one.id: one for one in (person_of(row) for row in documents(stored.get("people")))}
        self._anonymous = circumstances_of(section(stored, "anonymous"))
        self.revision = 0  # counts changes, so that what was derived from people can be seen to be old

    @property
    def anonymous(self) -> Circumstances:
        return self._anonymous

    def all(self) -> tuple[Person, ...]:
        return tuple(self._people.values())

    def find(self, person_id: str) -> Person | None:
        return self._people.get(person_id)

    def put(self, person: Person) -> None:
        """Add a person or change them; a changed person keeps their place in the list."""
        self._people[person.id] = person
        self._save()

    def replace(self, people: tuple[Person, ...]) -> None:
        self._people = {one.id: one for one in people}
        self._save()

    def take_roster(self, people: tuple[Person, ...]) -> None:
        """Put these in the place of everybody listed before; circumstances stay as they were set, and so do others."""
        listed = {one.id: self._as_set(one) for one in people}
        own = {one.id: one for one in self.all() if not one.listed and one.id not in listed}
        self._people = {**listed, **own}
        self._save()

    def _as_set(self, person: Person) -> Person:
        before = self._people.get(person.id)
        factor, place = (before.second_factor, before.circumstances) if before else (True, AT_WORK)
        return replace(person, second_factor=factor, circumstances=place, listed=True)

    def change(self, person_id: str, fields: Json) -> Person | None:
        """Set some fields of a person, of their circumstances too, but `identities` whole.

        A `ValueError` says what is wrong with them.
        """
        before = self.find(person_id)
        if before is None:
            return None
        stood = asdict(before)
        circumstances = {**stood["circumstances"], **section(fields, "circumstances")}
        after = person_of({**stood, **fields, "circumstances": circumstances, "id": person_id})
        self.put(after)
        return after

    def remove(self, person_id: str) -> bool:
        """Whether there was somebody to remove."""
        found = self._people.pop(person_id, None) is not None
        self._save()
        return found

    def set_anonymous(self, circumstances: Circumstances) -> None:
        self._anonymous = circumstances
        self._save()

    def _save(self) -> None:
        self.revision += 1
        if self._file is not None:
            rows = [asdict(one) for one in self.all()]
            write_json(self._file, {"people": rows, "anonymous": asdict(self._anonymous)})


def person_of(row: Json) -> Person:
    """A person from JSON; a `ValueError` says what is wrong with it."""
    _refuse_unknown(row, Person, "a person")
    email = str(row.get("email") or "")
    person_id = str(row.get("id") or email)
    if not _ID.fullmatch(person_id):
        raise ValueError("a person needs an id of letters, digits and . _ @ + -")
    if not _EMAIL.fullmatch(email):
        raise ValueError(f"{person_id} needs an e-mail address")
    identities = {
        str(provider): _assertion_of(said)
        for provider, said in section(row, "identities").items()
        if isinstance(said, dict)
    }
    return Person(
        id=person_id,
        name=str(row.get("name") or email),
        email=email,
        second_factor=row.get("second_factor") is True,
        circumstances=circumstances_of(section(row, "circumstances")),
        identities=identities,
        listed=row.get("listed") is True,
    )


def _refuse_unknown(row: Json, kind: type, words: str) -> None:
    allowed = [one.name for one in fields_of(kind)]
    for name in row:
        if name not in allowed:
            raise ValueError(f"`{name}` is no key of {words}; allowed: {', '.join(allowed)}")


def _assertion_of(row: Json) -> Assertion:
    _refuse_unknown(row, Assertion, "an identity")
    claims = {
        str(name): (value,) if isinstance(value, str) else texts(list(value))
        for name, value in section(row, "claims").items()
        if isinstance(value, str | list | tuple)
    }
    return Assertion(texts(list(row.get("groups") or ())), claims, str(row.get("email") or ""))


def circumstances_of(row: Json) -> Circumstances:
    """Circumstances from JSON; a `ValueError` says what is wrong with them."""
    _refuse_unknown(row, Circumstances, "circumstances")
    country = str(row.get("country") or "").upper() or None
    if country is not None and not _COUNTRY.fullmatch(country):
        raise ValueError("country must be two letters")
    ip = str(row.get("ip") or "") or None
    if ip is not None:
        ip = str(ipaddress.ip_address(ip))
    rules = row.get("postures", ())
    if not isinstance(rules, list | tuple | None):
        raise ValueError("postures must be a list of rules, or null for every rule")
    return Circumstances(country, ip, None if rules is None else texts(list(rules)))
