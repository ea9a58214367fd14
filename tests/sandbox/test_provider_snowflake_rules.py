"""What the Snowflake stand-in decides without an account: properties, defaults, names, and what takes a new object."""

from __future__ import annotations

import inspect
import re

import pulumi_snowflake
import pytest
from pulumi_snowflake import outputs

from sandbox.plugins.service import Difference, NothingDoneError
from sandbox.plugins.snowflake.attributes import DEFAULTS, plan
from sandbox.plugins.snowflake.function import FunctionPython
from sandbox.plugins.snowflake.named import NamedObject
from sandbox.plugins.snowflake.parameters import PARAMETERS, Parameters
from sandbox.plugins.snowflake.provider import TYPES, SnowflakeProvider
from sandbox.plugins.snowflake.schema import _PARAMETERS as SCHEMA_PARAMETERS
from sandbox.plugins.snowflake.warehouse import _PARAMETERS as WAREHOUSE_PARAMETERS
from sandbox.plugins.values import UNKNOWN, Properties, Secret
from tests.sandbox.provider_harness import urn

KINDS = {kind.rsplit(":", 1)[-1]: kind for kind in TYPES}
PLACE: Properties = {"database": "APPS", "schema": "LEDGER"}
COMPLETE: dict[str, Properties] = {
    "AccountRole": {},
    "ComputePool": {"minNodes": 1, "maxNodes": 2, "instanceFamily": "CPU_X64_XS"},
    "Execute": {"execute": "SELECT 1", "revert": "SELECT 2"},
    "ExternalAccessIntegration": {"enabled": True, "allowedNetworkRules": ['"APPS"."LEDGER"."NR"']},
    "FunctionPython": {**PLACE, "returnType": "VARCHAR", "runtimeVersion": "3.12", "handler": "get"},
    "GitRepository": {**PLACE, "origin": "https://git.example/x.git", "apiIntegration": "GITHUB"},
    "GrantAccountRole": {"roleName": "R", "parentRoleName": "P"},
    "GrantPrivilegesToAccountRole": {"accountRoleName": "R", "privileges": ["USAGE"], "onAccount": True},
    "NetworkRule": {**PLACE, "type": "HOST_PORT", "mode": "EGRESS", "valueLists": ["a.example", "b.example"]},
    "Schema": {"database": "APPS"},
    "SecretWithAuthorizationCodeGrant": {
        **PLACE,
        "oauthRefreshToken": "t",
        "oauthRefreshTokenExpiryTime": "2030-01-02 15:04:01",
        "apiAuthentication": "OAUTH",
    },
    "SecretWithBasicAuthentication": {**PLACE, "username": "u", "password": "p"},
    "SecretWithClientCredentials": {**PLACE, "apiAuthentication": "OAUTH", "oauthScopes": ["a", "b"]},
    "SecretWithGenericString": {**PLACE, "secretString": "s"},
    "StageInternal": {**PLACE},
    "Warehouse": {},
}
NAMED = [kind for kind, entry in TYPES.items() if "name" in entry.attributes]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> SnowflakeProvider:
    """Parameters, which Snowflake is asked for while it is planned, are as ever."""
    monkeypatch.setattr(Parameters, "asked", lambda *_: [])
    ready = SnowflakeProvider()
    ready.configure({"host": "127.0.0.1", "organizationName": "O", "accountName": "A", "user": "u", "password": "p"})
    return ready


def _checked(provider: SnowflakeProvider, short: str, inputs: Properties) -> Properties:
    kind = KINDS[short]
    checked, faults = provider.check(urn(kind, "x"), kind, inputs, {})
    assert faults == []
    return checked


def _difference(provider: SnowflakeProvider, short: str, before: Properties, after: Properties) -> Difference:
    """Of two programs, over COMPLETE."""
    whole = {**({"name": "X"} if KINDS[short] in NAMED else {}), **COMPLETE[short]}
    old = _checked(provider, short, {**whole, **before})
    new = _checked(provider, short, {**whole, **after})
    entry = TYPES[KINDS[short]]
    wanted = plan(entry.attributes, old)
    return provider.diff(KINDS[short], new, {**wanted, "id": entry.identity(wanted)})


def _wire_names(class_: type) -> set[str]:
    found = {name: value.fget for name, value in vars(class_).items() if isinstance(value, property)}
    return {str(getattr(getter, "_pulumi_name", _camel(name))) for name, getter in found.items()}


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


@pytest.mark.parametrize("short", KINDS)
def test_the_properties_are_those_of_the_sdk(short: str) -> None:
    entry, arguments = TYPES[KINDS[short]], getattr(pulumi_snowflake, f"{short}Args")
    assert entry.attributes.keys() | set(entry.unsupported) == _wire_names(arguments)
    required = {
        _camel(name)
        for name, parameter in inspect.signature(arguments).parameters.items()
        if parameter.default is inspect.Parameter.empty
    }
    # Without a name the bridge makes one up; privileges can be all of them, which is not supported here.
    ours = {name for name, item in entry.attributes.items() if item.required} - {"name", "privileges"}
    assert ours == required


@pytest.mark.parametrize("short", KINDS)
def test_the_outputs_are_those_of_the_sdk(short: str) -> None:
    entry = TYPES[KINDS[short]]
    assert {*entry.attributes, *entry.computed} <= _wire_names(getattr(pulumi_snowflake, short))
    if isinstance(entry, NamedObject):
        known = _wire_names(getattr(outputs, f"{short}ShowOutput"))
        # The classes of the SDK know a column that the provider does not store.
        assert {column.output for column in entry.shown} == known - {"isFromOrganizationUserGroup"}


@pytest.mark.parametrize(("short", "parameters"), [("Schema", SCHEMA_PARAMETERS), ("Warehouse", WAREHOUSE_PARAMETERS)])
def test_parameters_are_listed_under_the_names_of_the_sdk(short: str, parameters: Parameters) -> None:
    rows = [{"key": item.key, "value": "1"} for item in parameters.all]
    (listed,) = parameters.outputs(rows)[PARAMETERS]  # type: ignore[misc] # a list of one
    assert set(listed) == _wire_names(getattr(outputs, f"{short}Parameter"))


def test_secrets_are_those_of_the_sdk(provider: SnowflakeProvider) -> None:
    for short, kind in KINDS.items():
        source = inspect.getsource(getattr(pulumi_snowflake, short)._internal_init)
        marked = re.search(r"additional_secret_outputs=\[(.*?)\]", source)
        known = set(re.findall(r'"(\w+)"', marked[1])) if marked else set()
        assert {name for name, item in TYPES[kind].attributes.items() if item.secret} == known, short
        checked = _checked(provider, short, COMPLETE[short])
        assert {name for name, value in checked.items() if isinstance(value, Secret)} == known, short


def test_names_are_made_up_once(provider: SnowflakeProvider) -> None:
    for kind in NAMED:
        inputs = COMPLETE[kind.rsplit(":", 1)[-1]]
        first, faults = provider.check(urn(kind, "inner"), kind, inputs, {})
        assert faults == []
        assert re.fullmatch("inner-[0-9a-f]{7}", str(first["name"]))
        assert "name" in (first[DEFAULTS] or ())  # type: ignore[operator] # a list of names
        assert provider.check(urn(kind, "inner"), kind, inputs, first)[0] == first
        own = provider.check(urn(kind, "inner"), kind, {**inputs, "name": "own"}, first)[0]
        assert own["name"] == "own"
        # A name that somebody wrote down is not kept when they take it out again.
        assert provider.check(urn(kind, "inner"), kind, inputs, own)[0]["name"] != "own"


def test_defaults_are_filled_in_and_said_to_be_defaults(provider: SnowflakeProvider) -> None:
    pool = _checked(provider, "ComputePool", {**COMPLETE["ComputePool"], "name": "P", "autoResume": "true"})
    assert pool["autoResume"] == "true"
    assert (pool["autoSuspendSecs"], pool["initiallySuspended"]) == (-1, "default")
    assert pool[DEFAULTS] == ["autoSuspendSecs", "initiallySuspended"]
    function = _checked(provider, "FunctionPython", {**COMPLETE["FunctionPython"], "name": "F"})
    assert function["comment"] == "user-defined function"
    assert (function["isSecure"], function["isAggregate"]) == ("default", "default")


@pytest.mark.parametrize(
    ("short", "change", "at"),
    [
        ("AccountRole", {"coment": "x"}, "coment"),
        ("AccountRole", {"name": 'a"b'}, "name"),
        ("SecretWithGenericString", {"secretString": None}, "secretString"),
        ("Execute", {"revert": None}, "revert"),
        ("StageInternal", {"directory": {"enable": True}}, "directory"),
        ("StageInternal", {"encryption": {}}, "encryption"),
        ("StageInternal", {"encryption": {"snowflakeSse": {}, "snowflakeFull": {}}}, "encryption"),
        ("FunctionPython", {"arguments": [{"argName": "x"}]}, "arguments"),
        ("FunctionPython", {"returnType": "TABLE (x int)"}, "returnType"),
        ("Warehouse", {"warehouseType": "SNOWPARK-OPTIMIZED"}, "warehouseType"),
        ("Schema", {"logLevel": "DEBUG"}, "logLevel"),
        ("ExternalAccessIntegration", {"allowedAuthenticationSecrets": {"all": True, "none": True}},
         "allowedAuthenticationSecrets"),
        ("ExternalAccessIntegration", {"allowedAuthenticationSecrets": {}}, "allowedAuthenticationSecrets"),
        ("ExternalAccessIntegration", {"allowedAuthenticationSecrets": {"secrets": ["A"], "all": False}},
         "allowedAuthenticationSecrets"),
        ("GrantAccountRole", {"userName": "u"}, "parentRoleName"),
        ("GrantAccountRole", {"parentRoleName": None}, "parentRoleName"),
        ("GrantPrivilegesToAccountRole", {"onAccount": False}, "onAccount"),
        ("GrantPrivilegesToAccountRole", {"onSchema": {"schemaName": "A.B"}}, "onAccount"),
        ("GrantPrivilegesToAccountRole", {"allPrivileges": True}, "allPrivileges"),
        ("GrantPrivilegesToAccountRole", {"onAccount": None, "onSchemaObject": {"future": {}}}, "onSchemaObject"),
        ("GrantPrivilegesToAccountRole",
         {"onAccount": None, "onAccountObject": {"objectType": "TABLE", "objectName": "T"}}, "onAccountObject"),
    ],
)  # fmt: skip
def test_what_would_fail_or_be_ignored_is_refused(
    provider: SnowflakeProvider, short: str, change: Properties, at: str
) -> None:
    kind = KINDS[short]
    name: Properties = {"name": "X"} if kind in NAMED else {}
    assert [name for name, _ in provider.check(urn(kind, "x"), kind, {**name, **COMPLETE[short], **change}, {})[1]] == [
        at
    ]


@pytest.mark.parametrize(
    ("short", "change"),
    [
        ("GrantAccountRole", {"parentRoleName": UNKNOWN}),
        ("GrantPrivilegesToAccountRole", {"onAccount": None, "onSchemaObject": UNKNOWN}),
        ("ExternalAccessIntegration", {"allowedAuthenticationSecrets": {"secrets": [UNKNOWN]}}),
        ("FunctionPython", {"returnType": UNKNOWN}),
        ("StageInternal", {"encryption": UNKNOWN}),
    ],
)
def test_what_is_not_known_yet_is_not_judged(provider: SnowflakeProvider, short: str, change: Properties) -> None:
    _checked(provider, short, {**COMPLETE[short], **change})


@pytest.mark.parametrize(
    ("short", "change", "replaces"),
    [
        ("AccountRole", {"name": "Y"}, False),
        ("AccountRole", {"comment": "c"}, False),
        ("ComputePool", {"name": "Y"}, True),
        ("ComputePool", {"instanceFamily": "CPU_X64_S"}, True),
        ("ComputePool", {"maxNodes": 3}, False),
        ("ComputePool", {"autoSuspendSecs": 60}, False),
        ("ComputePool", {"autoResume": "true"}, False),
        ("Execute", {"execute": "SELECT 3"}, True),
        ("Execute", {"revert": "SELECT 3"}, False),
        ("Execute", {"query": "SELECT 3"}, False),
        ("ExternalAccessIntegration", {"name": "Y"}, True),
        ("ExternalAccessIntegration", {"enabled": False}, False),
        ("ExternalAccessIntegration", {"allowedNetworkRules": ['"A"."B"."C"']}, False),
        ("ExternalAccessIntegration", {"allowedAuthenticationSecrets": {"all": True}}, False),
        ("FunctionPython", {"name": "Y"}, False),
        ("FunctionPython", {"schema": "OTHER"}, True),
        ("FunctionPython", {"handler": "other"}, True),
        ("FunctionPython", {"runtimeVersion": "3.11"}, True),
        ("FunctionPython", {"returnType": "OBJECT"}, True),
        ("FunctionPython", {"packages": ["requests"]}, True),
        ("FunctionPython", {"functionDefinition": "def get(): return 2"}, True),
        ("FunctionPython", {"nullInputBehavior": "STRICT"}, True),
        ("FunctionPython", {"comment": "c"}, False),
        ("FunctionPython", {"isSecure": "true"}, False),
        ("FunctionPython", {"secrets": [{"secretId": '"A"."B"."C"', "secretVariableName": "v"}]}, False),
        ("FunctionPython", {"externalAccessIntegrations": ["E"]}, False),
        ("GitRepository", {"origin": "https://git.example/y.git"}, True),
        ("GitRepository", {"apiIntegration": "OTHER"}, False),
        ("GitRepository", {"gitCredentials": '"A"."B"."C"'}, False),
        ("GrantAccountRole", {"roleName": "S"}, True),
        ("GrantAccountRole", {"parentRoleName": "S"}, True),
        ("GrantPrivilegesToAccountRole", {"privileges": ["USAGE", "MONITOR"]}, False),
        ("GrantPrivilegesToAccountRole", {"accountRoleName": "S"}, True),
        ("GrantPrivilegesToAccountRole", {"withGrantOption": True}, True),
        ("NetworkRule", {"type": "IPV4"}, True),
        ("NetworkRule", {"mode": "INGRESS"}, True),
        ("NetworkRule", {"valueLists": ["c.example"]}, False),
        # The official provider takes this for another name.
        ("NetworkRule", {"name": '"X"'}, True),
        ("NetworkRule", {"database": '"APPS"'}, True),
        ("Schema", {"name": "Y"}, False),
        ("Schema", {"database": "OTHER"}, True),
        ("Schema", {"withManagedAccess": "true"}, False),
        ("Schema", {"isTransient": "true"}, True),
        ("SecretWithAuthorizationCodeGrant", {"oauthRefreshToken": "u"}, False),
        ("SecretWithAuthorizationCodeGrant", {"apiAuthentication": "OTHER"}, False),
        ("SecretWithBasicAuthentication", {"username": "v"}, False),
        ("SecretWithClientCredentials", {"apiAuthentication": "OTHER"}, False),
        ("SecretWithClientCredentials", {"oauthScopes": ["c"]}, False),
        ("SecretWithGenericString", {"name": "Y"}, True),
        ("SecretWithGenericString", {"database": "Y"}, True),
        ("SecretWithGenericString", {"schema": "Y"}, True),
        ("SecretWithGenericString", {"secretString": "t"}, False),
        ("StageInternal", {"name": "Y"}, False),
        ("StageInternal", {"encryption": {"snowflakeSse": {}}}, True),
        ("Warehouse", {"name": "Y"}, False),
        ("Warehouse", {"warehouseSize": "SMALL"}, False),
        ("Warehouse", {"autoSuspend": 60}, False),
        ("Warehouse", {"statementTimeoutInSeconds": 60}, False),
    ],
)  # fmt: skip
def test_what_takes_a_new_object(provider: SnowflakeProvider, short: str, change: Properties, replaces: bool) -> None:
    found = _difference(provider, short, {}, change)
    assert found.changed == tuple(change)
    assert found.replaces == (tuple(change) if replaces else ())
    # Two objects cannot have one name; what has none is made anew before the old one goes.
    assert found.delete_first is (KINDS[short] in NAMED)


def test_a_made_up_name_leaves_the_old_object_in_place_for_a_while(provider: SnowflakeProvider) -> None:
    inputs = _checked(provider, "NetworkRule", COMPLETE["NetworkRule"])
    state = {**plan(TYPES[KINDS["NetworkRule"]].attributes, inputs), "id": "X"}
    found = provider.diff(KINDS["NetworkRule"], {**inputs, "mode": "INGRESS"}, state)
    assert found.replaces == ("mode",)
    assert not found.delete_first


def test_the_name_of_a_function_is_compared_letter_by_letter(provider: SnowflakeProvider) -> None:
    one, other = (
        {"onAccount": None, "onSchemaObject": {"objectType": "FUNCTION", "objectName": name}}
        for name in ('A.B."F"()', '"A"."B"."F"()')
    )
    assert _difference(provider, "GrantPrivilegesToAccountRole", other, other).changed == ()
    assert _difference(provider, "GrantPrivilegesToAccountRole", one, other).replaces == ("onSchemaObject",)


def test_a_size_cannot_be_given_back(provider: SnowflakeProvider) -> None:
    found = _difference(provider, "Warehouse", {"warehouseSize": "SMALL"}, {})
    assert found.replaces == ("warehouseSize",)


@pytest.mark.parametrize(
    ("short", "one", "other"),
    [
        ("FunctionPython", {"functionDefinition": "def get():\n    return 1\n"},
         {"functionDefinition": " DEF get(): return 1"}),
        ("FunctionPython", {"returnType": "varchar"}, {"returnType": "STRING(16777216)"}),
        ("FunctionPython", {"packages": ["a", "b"]}, {"packages": ["b", "a"]}),
        ("FunctionPython", {"secrets": [{"secretId": "A", "secretVariableName": "a"},
                                        {"secretId": "B", "secretVariableName": "b"}]},
         {"secrets": [{"secretId": "B", "secretVariableName": "b"}, {"secretId": "A", "secretVariableName": "a"}]}),
        ("NetworkRule", {"type": "host_port", "mode": "egress"}, {}),
        ("NetworkRule", {"valueLists": ["b.example", "a.example"]}, {}),
        ("NetworkRule", {"comment": ""}, {}),
        ("ComputePool", {"instanceFamily": "cpu_x64_xs"}, {}),
        ("ComputePool", {"initiallySuspended": "true"}, {}),
        ("Warehouse", {"warehouseSize": "2X-Large"}, {"warehouseSize": "XXLARGE"}),
        ("Warehouse", {"initiallySuspended": True}, {}),
        ("ExternalAccessIntegration", {"allowedNetworkRules": ["APPS.LEDGER.NR"]}, {}),
        ("ExternalAccessIntegration", {"allowedAuthenticationSecrets": {"secrets": ["a", "b"]}},
         {"allowedAuthenticationSecrets": {"secrets": ["b", "a"]}}),
        ("GrantPrivilegesToAccountRole", {"accountRoleName": '"R"'}, {}),
        ("GrantPrivilegesToAccountRole", {"privileges": ["A", "B"]}, {"privileges": ["B", "A"]}),
        ("GrantPrivilegesToAccountRole",
         {"onAccount": None, "onSchemaObject": {"objectType": "SECRET", "objectName": 'A.B."F"'}},
         {"onAccount": None, "onSchemaObject": {"objectType": "SECRET", "objectName": '"A"."B"."F"'}}),
        ("GitRepository", {"apiIntegration": '"GITHUB"'}, {}),
        ("SecretWithClientCredentials", {"oauthScopes": ["b", "a"]}, {}),
        ("SecretWithGenericString", {"secretString": Secret("s")}, {}),
        ("SecretWithGenericString", {"name": '"X"', "database": '"APPS"'}, {}),
    ],
)  # fmt: skip
def test_what_means_the_same_is_no_change(
    provider: SnowflakeProvider, short: str, one: Properties, other: Properties
) -> None:
    assert _difference(provider, short, one, other).changed == ()
    assert _difference(provider, short, other, one).changed == ()


def test_what_is_not_known_yet_is_a_change(provider: SnowflakeProvider) -> None:
    assert _difference(provider, "SecretWithGenericString", {}, {"secretString": Secret(UNKNOWN)}).changed == (
        "secretString",
    )


def test_a_value_that_snowflake_has_already_is_no_change(provider: SnowflakeProvider) -> None:
    """As the official provider does where SHOW tells the value."""
    inputs = _checked(provider, "ComputePool", {**COMPLETE["ComputePool"], "name": "P"})
    shown: Properties = {"autoSuspendSecs": 3600, "autoResume": True}
    state = {
        **plan(TYPES[KINDS["ComputePool"]].attributes, inputs),
        "id": "P",
        "showOutputs": [shown],
    }
    kind = KINDS["ComputePool"]
    assert provider.diff(kind, {**inputs, "autoSuspendSecs": 3600, "autoResume": "true"}, state).changed == ()
    assert provider.diff(kind, {**inputs, "autoSuspendSecs": 60}, state).changed == ("autoSuspendSecs",)
    assert provider.diff(kind, {**inputs, "autoResume": "false"}, state).changed == ("autoResume",)


@pytest.mark.parametrize("short", ["FunctionPython", "ExternalAccessIntegration"])
def test_preview_features_must_be_named(provider: SnowflakeProvider, short: str) -> None:
    kind, flag = KINDS[short], TYPES[KINDS[short]].preview_feature
    inputs = _checked(provider, short, COMPLETE[short])
    sentence = (
        f"{flag} is currently a preview feature, and must be enabled by adding {flag} to `preview_features_enabled` "
        "in Terraform configuration."
    )
    for work in (
        lambda: provider.create(urn(kind, "x"), kind, inputs),
        lambda: provider.read(kind, "X", {**inputs, "id": "X"}, inputs),
        lambda: provider.update(urn(kind, "x"), kind, "X", inputs, {**inputs, "id": "X"}),
    ):
        with pytest.raises(NothingDoneError) as error:
            work()
        assert str(error.value) == sentence


def test_the_flags_are_those_of_the_two_types() -> None:
    assert {
        kind.rsplit(":", 1)[-1]: entry.preview_feature for kind, entry in TYPES.items() if entry.preview_feature
    } == {
        "FunctionPython": "snowflake_function_python_resource",
        "ExternalAccessIntegration": "snowflake_external_access_integration_resource",
    }


def test_a_preview_says_what_is_known(provider: SnowflakeProvider) -> None:
    kind = KINDS["SecretWithGenericString"]
    inputs = _checked(provider, "SecretWithGenericString", {**COMPLETE["SecretWithGenericString"], "name": "S"})
    first = provider.preview(kind, inputs, None)
    assert first["secretString"] == Secret("s")
    assert (first["id"], first["fullyQualifiedName"], first["showOutputs"]) == (UNKNOWN, UNKNOWN, UNKNOWN)
    state = {**first, "id": "I", "fullyQualifiedName": "F", "showOutputs": [{}], "describeOutputs": [{}]}
    unchanged = provider.preview(kind, inputs, state)
    assert (unchanged["id"], unchanged["showOutputs"]) == ("I", [{}])
    changed = provider.preview(kind, {**inputs, "comment": "c"}, state)
    assert (changed["fullyQualifiedName"], changed["showOutputs"]) == ("F", UNKNOWN)


def test_arguments_tell_functions_apart() -> None:
    entry = FunctionPython()
    assert entry.identity({**PLACE, "name": "F"}) == '"APPS"."LEDGER"."F"()'
    assert entry.is_this({"name": "F", "arguments": "F() RETURN VARCHAR"}, "F")
    assert not entry.is_this({"name": "F", "arguments": "F(NUMBER) RETURN VARCHAR"}, "F")
