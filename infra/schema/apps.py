"""`apps`: what is served, where it lives, and who may enter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from infra.records import MapOf, Record, key
from infra.schema.snowflake import Snowflake
from infra.schema.words import (
    COUNTRY,
    DEPARTMENT,
    DEPARTMENTS,
    DURATION,
    EMAIL,
    FOLDER,
    HOST,
    LABEL,
    NAMES,
    NETWORK,
    OWNER,
    PATH,
    STACK,
    TITLE,
    VALUE,
)
from infra.schema.words import NAME as NAME_FORM
from infra.shapes import Day, Flag, ListOf, OneOf, Place, Word
from infra.short_forms import Converted, Either


@dataclass(frozen=True)
class Condition:
    """One condition; exactly one of its keys is written (held by `checks`). A list in it is an OR."""

    at: Place
    mfa: bool | None = key(Flag(), "`true`: a second factor was used at login. The word `mfa` alone says the same.")
    country: tuple[Word, ...] = key(ListOf(COUNTRY, single=True), "In one of these countries (ISO 3166).", default=())
    ip: tuple[Word, ...] = key(ListOf(NETWORK, single=True), "From one of these networks.", default=())
    device: tuple[Word, ...] = key(NAMES, "On a device that passes one of these checks of `devices`.", default=())
    department: tuple[Word, ...] = key(NAMES, "Also a member of one of these departments.", default=())
    email: tuple[Word, ...] = key(ListOf(EMAIL, single=True), "One of these people.", default=())


CONDITION = Either(
    mapping=Record(Condition),
    otherwise=Converted(OneOf(("mfa",)), lambda word: Condition(Place(word.span, {}), mfa=True)),
)


@dataclass(frozen=True)
class Entry:
    """One entry of `access`; exactly one of `allow`, `deny` and `public` is written (held by `checks`)."""

    at: Place
    allow: tuple[Word, ...] = key(DEPARTMENTS, "These departments may enter.", default=())
    deny: tuple[Word, ...] = key(DEPARTMENTS, "These departments may not, whatever later entries say.", default=())
    public: bool | None = key(Flag(), "`true`: anybody, without signing in and without a log. Cloudflare: bypass.")
    require: tuple[Condition, ...] = key(ListOf(CONDITION), "All of these must hold as well.", default=())
    exclude: tuple[Condition, ...] = key(ListOf(CONDITION), "None of these may hold.", default=())
    expires: date | None = key(Day(), "The last day of this entry, inclusive, UTC.")
    reason: Word | None = key(TITLE, "Why; for reviewers and auditors.")
    session: Word | None = key(DURATION, "How long a login through this entry lasts; the app's `session` if left out.")


ENTRY = Either(
    mapping=Record(Entry),
    otherwise=Converted(DEPARTMENT, lambda word: Entry(Place(word.span, {"allow": word.span}), allow=(word,))),
)

_NOBODY = (
    "name the departments that may enter, such as `access: [marketing]`",
    "or leave `access` out: then nobody gets in but `machines`",
)


@dataclass(frozen=True)
class Origin:
    """How the connector speaks to an existing service."""

    at: Place
    host_header: Word | None = key(HOST, "The Host header that the service expects.")
    tls_name: Word | None = key(HOST, "The name in the service's certificate, where it differs from its address.")
    tls_verify: bool | None = key(Flag(), "`false`: accept any certificate of the service.")


@dataclass(frozen=True)
class App:
    """One entry of `apps`."""

    at: Place
    title: Word | None = key(TITLE, "The name that people see; the key if left out.")
    owner: Word = key(OWNER, "The department that answers for the app.", required=True, apart=True)
    source: Word | None = key(FOLDER, "The app's own code, a folder of this project.")
    service: Word | None = key(VALUE, "An existing service, as a URL that the connector can reach.")
    origin: Origin | None = key(Record(Origin), "How to speak to an existing `service`.")
    path: Word | None = key(PATH, "Where the app is served on the stack's shared host name.")
    subdomain: Word | None = key(LABEL, "A host name of its own instead of a path.")
    snowflake: Snowflake | None = key(Record(Snowflake), "Streamlit in Snowflake instead of a tunnel.")
    access: tuple[Entry, ...] = key(
        ListOf(ENTRY, empty=_NOBODY),
        "Who may enter. Entries are looked at from top to bottom; nobody else gets in.",
        default=(),
    )
    machines: tuple[Word, ...] = key(ListOf(NAME_FORM), "Machines that may enter with their service token.", default=())
    session: Word | None = key(DURATION, "How long a login lasts; 24h if left out.")
    tags: tuple[Word, ...] = key(NAMES, "Names for `tests` to speak about apps by, as `tag:NAME`.", default=())
    only_in: tuple[Word, ...] = key(
        ListOf(STACK), "The stacks that have this app; all of them if left out.", default=()
    )


APPS = MapOf(NAME_FORM, Record(App))
