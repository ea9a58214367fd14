"""Stack files: `stacks/Pulumi.<stack>.yaml`, decoded with positions and without pulumi.

Encrypted values stay opaque here: that one is set is all that the offline commands need to know. `settings` adds the
decrypted values when the program runs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from infra.encrypted import SPELLINGS, Encrypted, hide_lines, hide_values
from infra.problems import Problems, Related, did_you_mean
from infra.records import MapOf, Record, Table, key
from infra.schema.containers import DockerValues
from infra.schema.snowflake_account import SecretValue, SecretValues, SnowflakeValues
from infra.schema.words import DOMAIN, IDENTIFIER, LABEL, NAME, TITLE, VALUE, WORD
from infra.shapes import BAD, Bad, Flag, ListOf, Place, Text, Word, wrong
from infra.source import Mapping, Node, Scalar, parse, read_text

FOLDER = "stacks"
PROJECT = "gatehouse"
ENGINE = "GATEHOUSE_PULUMI"  # names the engine where it is called otherwise than `pulumi`
_LOCAL = "sandbox"  # a stack that only the engine of the local world knows

HEX_ID = Text("an id of 32 hexadecimal digits", r"[0-9a-f]{32}", "0a1b2c3d4e5f60718293a4b5c6d7e8f9")
TEAM = Text("a Zero Trust team name", r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "example")
HOSTNAME = Text("a host name in lower case", rf"{LABEL.pattern}(\.{LABEL.pattern})+", "apps.example.com")
SUBDOMAINS = Text(
    "a host name with one `*`",
    rf"([a-z0-9][a-z0-9-]*)?\*([a-z0-9-]*[a-z0-9])?(\.{LABEL.pattern})+",
    "*-dev.example.com",
)
ACCOUNT = Text("`self`, `only` or the name of a stack", r"[A-Za-z0-9_.-]{1,100}", "account")
URL = Text("an https URL", r"https?://\S+", "https://login.example.com/authorize")
UUID = Text("an object id", r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class ProviderValues:
    """What one identity provider needs of this account; which keys depends on its type."""

    at: Place
    client_id: Word | None = key(VALUE, "The id of the OAuth client.")
    client_secret: bool | None = key(Encrypted(), "The secret of the OAuth client, encrypted.")
    apps_domain: Word | None = key(DOMAIN, "google-workspace: the Workspace domain.")
    directory_id: Word | None = key(VALUE, "entra-id: the tenant.")
    okta_account: Word | None = key(URL, "okta: the organization's URL.")
    auth_url: Word | None = key(URL, "oidc: the authorization endpoint.")
    token_url: Word | None = key(URL, "oidc: the token endpoint.")
    certs_url: Word | None = key(URL, "oidc: the key set.")
    scopes: tuple[Word, ...] = key(ListOf(WORD), "oidc: scopes to ask for; openid, email and profile if left out.",
                                   default=())  # fmt: skip
    issuer_url: Word | None = key(VALUE, "saml: the issuer, also called entity id.")
    sso_target_url: Word | None = key(URL, "saml: where people sign in.")
    public_certs: tuple[Word, ...] = key(ListOf(VALUE), "saml: certificates that sign the assertions.", default=())
    email_attribute: Word | None = key(WORD, "saml: the attribute with the e-mail address; `email` if left out.")
    sign_request: bool | None = key(Flag(), "saml: whether requests are signed.")


@dataclass(frozen=True)
class StackValues:
    """The `gatehouse:` values of a stack file."""

    at: Place
    account: Word | None = key(ACCOUNT, "Who owns the account's singletons (identity providers, organization, tags): "
                               "`self`, `only` (this stack, and nothing else), or another stack by name.",
                               required=True)  # fmt: skip
    account_id: Word | None = key(HEX_ID, "The Cloudflare account.", required=True)
    team: Word | None = key(TEAM, "The Zero Trust team: the name before `.cloudflareaccess.com`.", required=True)
    organization: Word | None = key(TITLE, "The organization's name on login pages (only with `self` or `only`).")
    zone: Word | None = key(HOSTNAME, "The zone that holds the host names.")
    zone_id: Word | None = key(HEX_ID, "The zone's id.")
    hostname: Word | None = key(HOSTNAME, "The host name that all apps with a `path` share.")
    subdomains: Word | None = key(SUBDOMAINS, "The host name of apps with a `subdomain`, which takes the place of `*`.")
    providers: Table[ProviderValues] = key(
        MapOf(NAME, Record(ProviderValues, camel=True)), "Identity providers by name (with `self` or `only`).",
        default=Table(),
    )  # fmt: skip
    directory: Table[Table[Word]] = key(
        MapOf(NAME, MapOf(VALUE, UUID)), "Object ids of the readable group names, by provider (entra-id).",
        default=Table(),
    )  # fmt: skip
    device_lists: Table[Word] = key(
        MapOf(NAME, UUID), "The Zero Trust lists with serial numbers, by device check.", default=Table()
    )
    docker: DockerValues | None = key(
        Record(DockerValues, camel=True, prefix=f"{PROJECT}:docker."),
        "The images of apps and connectors, to run them as containers. Without it the stack has no container.",
    )  # fmt: skip
    snowflake: SnowflakeValues | None = key(
        Record(SnowflakeValues, camel=True, prefix=f"{PROJECT}:snowflake."), "The Snowflake account of apps there."
    )
    secrets: Table[Table[SecretValues]] = key(
        MapOf(NAME, MapOf(IDENTIFIER, SecretValue())), "Values of secrets, by app and name, encrypted.", default=Table()
    )


@dataclass(frozen=True)
class Stack:
    """One stack file. `file` is its name for people, `values` what it says about Gatehouse."""

    name: str
    file: str
    values: StackValues

    @property
    def owns_singletons(self) -> bool:
        return self.values.account in ("self", "only")

    @property
    def has_apps(self) -> bool:
        """Whether apps live here at all: the account stack owns singletons and nothing else."""
        return self.values.account != "only"

    def setting(self, words: str) -> str:
        """The command that sets a value; `words` are its options, its key and the value."""
        engine = os.environ.get(ENGINE) or (".venv/bin/sandbox pulumi" if self.name == _LOCAL else "pulumi")
        return f"{engine} config set --stack {self.name} {words}"


VALUES = Record(StackValues, partial=True, camel=True, prefix=f"{PROJECT}:")
_FILE_KEYS = ("config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt")


def stack_names(root: Path) -> tuple[str, ...]:
    """The stacks that have a file, sorted."""
    found = (root / FOLDER).glob("Pulumi.*.yaml")
    return tuple(sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in found))


def load_stack(root: Path, name: str, problems: Problems) -> Stack | None:
    """Decode one stack file. Problems are collected; None when nothing of it could be read."""
    file = f"{FOLDER}/Pulumi.{name}.yaml"
    text = read_text(root / file, file, problems)
    return None if text is None else decode_stack(text, name, problems)


def decode_stack(text: str, name: str, problems: Problems) -> Stack | None:
    """Decode the text of a stack file."""
    file = f"{FOLDER}/Pulumi.{name}.yaml"
    before = len(problems.found)
    root = parse(text, file, problems)
    hide_lines(problems.found[before:])
    if root is None and len(problems.found) == before:
        problems.add("empty-file", f"`{file}` holds no configuration", advice=("see docs/first-account.md",))
    if root is None:
        return None
    hide_values(root)
    config = _config(root, problems)
    values = BAD if config is None else VALUES.decode(Mapping(config.span, tuple(_own(config, problems))), problems)
    return None if isinstance(values, Bad) else Stack(name, file, values)


def _config(root: Node, problems: Problems) -> Mapping | None:
    """The `config` section, empty where there is none; None with a problem recorded when it cannot be read."""
    if not isinstance(root, Mapping):
        wrong(root, "a mapping with `config`", problems)
        return None
    config: Node = Mapping(root.span, ())
    for section, node in root.entries:
        if section.text == "config":
            config = node
        elif section.text not in _FILE_KEYS:
            message, advice = f"`{section.text}` is not a key here", did_you_mean(section.text, _FILE_KEYS)
            problems.add("unknown-key", message, section.span, advice=advice)
    if isinstance(config, Mapping):
        return config
    wrong(config, f"a mapping with `{PROJECT}:account` and others", problems)
    return None


def _own(config: Mapping, problems: Problems) -> list[tuple[Scalar, Node]]:
    """The entries of `gatehouse:`, without the prefix but with the place of the whole key."""
    ours: dict[str, tuple[Scalar, Node]] = {}
    for name, node in config.entries:
        namespace, _, rest = (name.text if ":" in name.text else f"{PROJECT}:{name.text}").partition(":")
        if namespace == PROJECT:
            if rest in ours:
                related = (Related(ours[rest][0].span, "first here"),)
                problems.add(
                    "duplicate-key", f"`{PROJECT}:{rest}` is written twice", name.span, label="again here",
                    related=related, advice=(f"a key without prefix means `{PROJECT}:` as well; remove one of them",),
                )  # fmt: skip
            ours.setdefault(rest, (name._replace(text=rest), node))
        elif rest in SPELLINGS:
            Encrypted().decode(node, problems)
        elif meant := [line for line in did_you_mean(namespace, [PROJECT]) if line.startswith("did")]:
            message = f"`{name.text}` is for no program here"
            problems.add("unknown-key", message, name.span, advice=meant)
    return list(ours.values())
