"""The forms of single values: names, addresses, durations and the closed lists of words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from infra.problems import Problems
from infra.shapes import BAD, Bad, ListOf, Shape, Text, Word
from infra.source import Node, Scalar

# Titles and values are printed; a character that a terminal obeys, or that turns the direction of a line, has no place.
_LINE = r"[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+"

NAME = Text(
    "a name: a letter, then lower-case letters, digits and `-`, at most 40",
    r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?",
    "campaigns",
)
STACK = Text("a stack name", r"[A-Za-z0-9_.-]{1,100}", "prod")
TITLE = Text("a title on one line", rf"(?=\S){_LINE}", "Campaign performance", most=200)
# Without `*`, which is allowed in an address and always meant as a pattern, which Cloudflare would never match.
EMAIL = Text("an e-mail address", r"[A-Za-z0-9.!#$%&'+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "cfo@example.com")
DOMAIN = Text("an e-mail domain", r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "example.com")
COUNTRY = Text("a country code of two capital letters", r"[A-Z]{2}", "JP")
PATH = Text("a path of lower-case segments", r"(/[a-z0-9][a-z0-9._~-]*)+", "/streamlit/marketing")
LABEL = Text("a DNS label", r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "campaigns")
DURATION = Text("a duration in `m`, `h` or `d`", r"[1-9][0-9]{0,4}[mhd]", "8h")
VALUE = Text("a value", rf"(?=\S)(?!.*\s$){_LINE}", most=1000)
WORD = Text("a word", r"[A-Za-z_][A-Za-z0-9_.:-]*", "employment")
SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"  # of a path below a folder, and never `..`
FOLDER = Text("a folder of this project", rf"{SEGMENT}(/{SEGMENT})*", "apps/campaigns")
IDENTIFIER = Text("a Snowflake name: letters, digits and `_`", r"[A-Za-z_][A-Za-z0-9_]{0,254}", "FINANCE")
QUALIFIED = Text(
    "a name with database and schema", rf"{IDENTIFIER.pattern}(\.{IDENTIFIER.pattern}){{2}}", "APPS.SHARED.GIT_TOKEN"
)
LOGIN = Text("a login name", r"[A-Za-z0-9_.@+-]{1,255}", "GATEHOUSE")
VERSION = Text("a version", r"[0-9]+(\.[0-9]+){0,3}", "14.2.0")
HOST = Text("a host name, with a port if it is not 443", r"[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?", "api.example.com")
NETWORK = Text("an IP network", r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?", "192.0.2.0/24")

ProviderType = Literal["google-workspace", "entra-id", "okta", "oidc", "saml", "github", "one-time-pin"]
PROVIDER_TYPES = ("google-workspace", "entra-id", "okta", "oidc", "saml", "github", "one-time-pin")
DEVICE_TYPES = ("warp", "gateway", "disk-encryption", "firewall", "domain-joined", "os-version", "serial-number")
PLATFORMS = ("windows", "mac", "linux", "ios", "android", "chromeos")
SecretType = Literal[
    "generic-string",
    "password",
    "oauth2-client-credentials",
    "oauth2-authorization-code",
    "cloud-provider-token",
    "symmetric-key",
]
SECRET_TYPES: tuple[SecretType, ...] = get_args(SecretType)


@dataclass(frozen=True)
class DepartmentName(Text):
    """The name of a department. Where somebody's address stands, `instead` says what to write, a line each."""

    instead: tuple[str, ...] = ()

    def decode(self, node: Node, problems: Problems) -> Word | Bad:
        if not (isinstance(node, Scalar) and EMAIL.fits(node.text)):
            return super().decode(node, problems)
        message = f"`{node.text}` is an e-mail address, where the name of a department is expected"
        problems.add("bad-format", message, node.span, advice=[line.format(node.text) for line in self.instead])
        return BAD


_OF_ITS_OWN = "name a department of theirs; one can be declared with `emails: [{}]`"
_AMONG = "or name one that they are in, and beside it `require: [{{email: [{}]}}]`"
OWNER = DepartmentName(NAME.form, NAME.pattern, NAME.example, instead=(_OF_ITS_OWN,))
DEPARTMENT = DepartmentName(NAME.form, NAME.pattern, NAME.example, instead=(_OF_ITS_OWN, _AMONG))

TAG = "tag:"
APP_OR_TAG = Text(f"an app, or `{TAG}NAME` for all apps with a tag", f"({TAG})?{NAME.pattern}", "campaigns")

NAMES: Shape[tuple[Word, ...]] = ListOf(NAME, single=True)
APPS_OR_TAGS: Shape[tuple[Word, ...]] = ListOf(APP_OR_TAG, single=True)
DEPARTMENTS: Shape[tuple[Word, ...]] = ListOf(DEPARTMENT, single=True)
