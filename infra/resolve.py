"""apps.yaml plus one stack file to an Estate: defaults applied, names looked up.

An unknown name is reported with what it could have meant and where the names are declared. What cannot be resolved is
left out, so that everything else is still looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, TypeVar, cast

from infra import estate, schema
from infra.in_snowflake import account_of, home_of
from infra.problems import Problems, Span, did_you_mean
from infra.records import Noun, Table, check_declared
from infra.schema import apps, people
from infra.schema.everybody import refuse_everybody, stands_for_everybody
from infra.schema.words import ProviderType
from infra.shapes import Word
from infra.spelling import cidr, cloudflare_duration, minutes
from infra.stack import FOLDER, Stack

T = TypeVar("T")

DEFAULT_SESSION = "24h"
DEFAULT_TOKEN = "365d"  # noqa: S105 - a duration
STREAMLIT_PORT = 8501


def resolve(file: schema.AppsFile, stack: Stack, stacks: Iterable[str], problems: Problems) -> estate.Estate:
    """The estate of one stack. `stacks` are the names `only_in` may use."""
    return _Resolver(file, stack, tuple(stacks), problems).build()


@dataclass
class _Resolver:
    """What is known so far, by name."""

    file: schema.AppsFile
    stack: Stack
    stacks: tuple[str, ...]
    problems: Problems
    providers: dict[str, estate.Provider] = field(default_factory=dict)
    departments: dict[str, estate.Department] = field(default_factory=dict)
    machines: dict[str, estate.Machine] = field(default_factory=dict)
    devices: dict[str, estate.Device] = field(default_factory=dict)
    account: estate.SnowflakeAccount | None = None

    def build(self) -> estate.Estate:
        identity = self.file.identity
        for name, provider in (identity.providers if identity else {}).items():
            self.providers[name] = estate.Provider(name, cast("ProviderType", str(provider.type)), provider.claims)
        default = self.default_provider()
        for name, written in self.file.departments.items():
            self.department(name, written, default)
        for name, machine in self.file.machines.items():
            if owner := self.find("department", self.departments, self.file.departments, machine.owner):
                hours = minutes(machine.duration or DEFAULT_TOKEN) // 60
                self.machines[name] = estate.Machine(name, hours, owner)
        for name, device in self.file.devices.items():
            listed = self.stack.values.device_lists.get(name)
            platforms = device.platforms or estate.PLATFORMS_OF[device.type]
            self.devices[name] = estate.Device(name, device.type, platforms, device.version, device.domain, listed)
        self.account = account_of(self.stack, self.file.apps.values(), self.departments)
        resolved = [self.app(name, app) for name, app in self.file.apps.items() if self.in_stack(app)]
        return estate.Estate(
            self.stack,
            tuple(self.providers.values()),
            default,
            tuple(self.departments.values()),
            tuple(self.machines.values()),
            tuple(self.devices.values()),
            tuple(app for app in resolved if app),
            self.account,
            self.file.tests,
            tuple(self.exclusive()),
        )

    def exclusive(self) -> Iterable[tuple[estate.Department, estate.Department]]:
        """Each pair of departments that nobody is in both of, once."""
        found: dict[frozenset[str], tuple[estate.Department, estate.Department]] = {}
        for words in self.file.exclusive:
            for one, other in combinations(self.members(words), 2):
                found.setdefault(frozenset({one.name, other.name}), (one, other))
        return found.values()

    def find(self, what: Noun, known: Mapping[str, T], table: Table[Any], word: Word) -> T | None:
        """Look a name up, or say that it is not declared."""
        check_declared(what, word, table, self.problems)
        return known.get(word)

    def find_all(self, what: Noun, known: Mapping[str, T], table: Table[Any], words: Iterable[Word]) -> tuple[T, ...]:
        found = (self.find(what, known, table, word) for word in dict.fromkeys(words))
        return tuple(item for item in found if item is not None)

    def default_provider(self) -> estate.Provider | None:
        identity = self.file.identity
        if identity is None:
            return None
        if identity.default is not None:
            return self.find("provider", self.providers, identity.providers, identity.default)
        return next(iter(self.providers.values())) if len(self.providers) == 1 else None

    def department(self, name: str, written: people.Department, default: estate.Provider | None) -> None:
        provider = default
        if written.provider is not None and self.file.identity is not None:
            provider = self.find("provider", self.providers, self.file.identity.providers, written.provider)
        elif default is None and self.file.identity and not self.file.identity.default:
            self.unvouched(name, self.file.identity.providers)
        if provider is None:
            return
        directory = self.stack.values.directory.get(provider.name, Table())
        # Addresses are compared in lower case; a denial of a group that never matches would let its members in.
        asserted = str.lower if provider.type == "google-workspace" else str
        self.departments[name] = estate.Department(
            name,
            provider,
            tuple(estate.Group(group, directory.get(group, asserted(group))) for group in written.groups),
            estate.Claim(written.claim.name, written.claim.value) if written.claim else None,
            tuple(email.lower() for email in written.emails),
            tuple(domain.lower() for domain in written.domains),
            (written.snowflake_role or name.replace("-", "_")).upper(),
            written.at,
        )

    def unvouched(self, name: str, providers: Table[Any]) -> None:
        """Report a department without a provider, unless the providers themselves could not be read."""
        advice = "write `provider:` here, or `default:` under `identity`"
        if providers.readable and not (providers.declared or providers.misnamed):
            advice = "declare one under `identity.providers`"
        elif len(self.providers) < 2:
            return
        message = f"nothing says which identity provider vouches for `{name}`"
        self.problems.add("no-provider", message, self.file.departments.declared[name], advice=(advice,))

    def in_stack(self, app: apps.App) -> bool:
        for word in app.only_in:
            if word not in self.stacks:
                message, label = f"stack `{word}` has no file", f"there is no `{FOLDER}/Pulumi.{word}.yaml`"
                advice = did_you_mean(word, self.stacks)
                self.problems.add("unknown-stack", message, word.span, label=label, advice=advice)
            elif word == self.stack.name and not self.stack.has_apps:
                label = f"its `gatehouse:account` is `{self.stack.values.account}`"
                self.problems.add("unknown-stack", f"stack `{word}` has no apps", word.span, label=label)
        return self.stack.has_apps and (not app.only_in or self.stack.name in app.only_in)

    def app(self, name: str, written: apps.App) -> estate.App | None:
        owner = self.find("department", self.departments, self.file.departments, written.owner)
        home = self.home(name, written, owner)
        session = cloudflare_duration(written.session or DEFAULT_SESSION)
        entries = tuple(self.entry(entry, written) for entry in written.access)
        machines = self.find_all("machine", self.machines, self.file.machines, written.machines)
        if owner is None or home is None:
            return None
        title = written.title or name
        span = self.file.apps.declared.get(name, written.at.span)
        return estate.App(name, title, owner, home, entries, machines, session, written.at, span, written.tags)

    def home(
        self, name: str, app: apps.App, owner: estate.Department | None
    ) -> estate.Tunnelled | estate.InSnowflake | None:
        if app.snowflake is None:
            return self.tunnelled(name, app)
        if owner is None or self.account is None:
            return None
        return home_of(name, app, owner, self.stack, self.account)

    def tunnelled(self, name: str, app: apps.App) -> estate.Tunnelled | None:
        values = self.stack.values
        if app.path is not None:
            hostname: str | None = self.shared_hostname(app.path.span)
        else:
            pattern = values.subdomains or (f"*.{values.zone}" if values.zone else None)
            hostname = pattern.replace("*", app.subdomain or name) if pattern else None
        if hostname is None:
            return None
        service = app.service or f"http://{name}:{STREAMLIT_PORT}"
        origin = app.origin
        return estate.Tunnelled(
            hostname,
            str(app.path or ""),
            str(service),
            str(app.source) if app.source else None,
            origin.host_header if origin else None,
            origin.tls_name if origin else None,
            origin is None or origin.tls_verify is not False,
        )

    def shared_hostname(self, wanted_by: Span) -> Word | None:
        """The host name that apps with a path share; a bad one has been reported where it is written."""
        values = self.stack.values
        if "hostname" not in values.at.keys:
            self.problems.add(
                "missing-stack-value",
                f"`gatehouse:hostname` is missing in `{self.stack.file}`",
                values.at.span,
                advice=(f"the app at {wanted_by} needs it", self.stack.setting("hostname …")),
            )
        return values.hostname

    def entry(self, written: apps.Entry, app: apps.App) -> estate.Entry:
        decision: estate.Decision = "bypass" if written.public else "deny" if written.deny else "allow"
        words = written.deny if decision == "deny" else () if decision == "bypass" else written.allow
        known = [word for word in words if not stands_for_everybody(word, self.file.departments)]
        for word in set(words) - set(known):
            denied, can_be_public = decision == "deny", app.snowflake is None
            refuse_everybody(word, self.file.departments, self.problems, denied=denied, can_be_public=can_be_public)
        return estate.Entry(
            decision,
            self.members(known),
            self.conditions(written.require),
            self.conditions(written.exclude),
            cloudflare_duration(written.session or app.session or DEFAULT_SESSION),
            written.expires,
            written.reason,
            written.at,
        )

    def members(self, words: Iterable[Word]) -> tuple[estate.Department, ...]:
        return self.find_all("department", self.departments, self.file.departments, words)

    def conditions(self, written: Iterable[apps.Condition]) -> tuple[estate.Condition, ...]:
        return tuple(condition for item in written for condition in self.condition(item))

    def condition(self, written: apps.Condition) -> Iterable[estate.Condition]:
        if written.mfa:
            yield estate.Mfa()
        if written.country:
            yield estate.Countries(tuple(dict.fromkeys(written.country)))
        if written.ip:
            yield estate.Networks(tuple(dict.fromkeys(cidr(network) for network in written.ip)))
        if devices := self.find_all("device", self.devices, self.file.devices, written.device):
            yield estate.Devices(devices)
        if departments := self.members(written.department):
            yield estate.Members(departments)
        if written.email:
            yield estate.Emails(tuple(dict.fromkeys(email.lower() for email in written.email)))
