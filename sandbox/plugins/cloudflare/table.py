"""What each Cloudflare resource type looks like, one entry per type.

The kinds of attributes are Terraform's: `optional` ones are the user's alone; `chosen` ones (computed and
optional) take Cloudflare's answer where the user is silent; `computed` ones are always Cloudflare's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class ResourceType:
    """How one type is addressed, named, defaulted, compared and stored."""

    kind: str
    noun: str
    collection: str
    """Where POST creates and GET lists; `{scope}` is `accounts/ID` or `zones/ID`."""
    scope: tuple[str, ...]
    """The attributes that are part of the path and never of a body."""
    optional: tuple[str, ...]
    chosen: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    replaces: tuple[str, ...] = ()
    """Besides the scope, which always replaces."""
    item: str = "{collection}/{id}"
    create: str = "POST"
    update: str = "PUT"
    deletable: bool = True
    identity: str = ""
    """The attribute that is the id; Cloudflare's own `id` where empty."""
    kept: tuple[tuple[str, ...], ...] = ()
    """What Cloudflare does not tell again, so that a read keeps what is stored."""
    derived: tuple[tuple[str, ...], ...] = ()
    """What Cloudflare adds inside an attribute of the user's; never a difference."""
    carried: tuple[str, ...] = ()
    """Chosen attributes that an update sends again as they are stored."""
    volatile: tuple[str, ...] = ()
    """Computed attributes that every update may change."""
    sets: tuple[str, ...] = ()
    secrets: tuple[tuple[str, ...], ...] = ()
    json_text: tuple[str, ...] = ()
    """Free-form documents, stored as JSON text."""
    configuration: tuple[str, ...] = ()
    """Attributes with the camel-case names of a tunnel configuration inside."""
    told_apart_by: str = "name"
    unique: bool = False
    """Whether two objects cannot bear the same name, so that a replacement must delete first."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """Every attribute that state may hold, without the scope."""
        return (*self.optional, *self.chosen, *self.computed)


_ACCOUNT = ("accountId",)
_SCOPED = ("accountId", "zoneId")
_RULES = ("excludes", "includes", "requires")


TUNNEL = ResourceType(
    kind="zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared",
    noun="tunnel",
    collection="accounts/{accountId}/cfd_tunnel",
    scope=_ACCOUNT,
    optional=("name", "tunnelSecret"),
    chosen=("configSrc",),
    computed=(
        "accountTag",
        "connections",
        "connsActiveAt",
        "connsInactiveAt",
        "createdAt",
        "deletedAt",
        "metadata",
        "remoteConfig",
        "status",
        "tunType",
    ),
    defaults={"configSrc": "local"},
    replaces=("configSrc",),
    update="PATCH",
    kept=(("configSrc",), ("tunnelSecret",)),
    carried=("configSrc",),
    volatile=("connections", "connsActiveAt", "connsInactiveAt", "status"),
    secrets=(("tunnelSecret",),),
    json_text=("metadata",),
    unique=True,
)

TUNNEL_CONFIG = ResourceType(
    kind="zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig",
    noun="tunnel configuration",
    collection="accounts/{accountId}/cfd_tunnel/{tunnelId}/configurations",
    item="accounts/{accountId}/cfd_tunnel/{id}/configurations",
    scope=("accountId", "tunnelId"),
    optional=(),
    chosen=("config", "source"),
    computed=("createdAt", "version"),
    create="PUT",
    deletable=False,
    identity="tunnelId",
    volatile=("version",),
    configuration=("config",),
)

DNS_RECORD = ResourceType(
    kind="dnsRecord:DnsRecord",
    noun="DNS record",
    collection="zones/{zoneId}/dns_records",
    scope=("zoneId",),
    optional=("comment", "data", "includeShadowMetadata", "name", "priority", "privateRouting", "ttl", "type"),
    chosen=("content", "proxied", "settings", "tags"),
    computed=("commentModifiedOn", "createdOn", "meta", "modifiedOn", "proxiable", "tagsModifiedOn"),
    defaults={"proxied": False},
    replaces=("type",),
    carried=("settings", "tags"),
    volatile=("commentModifiedOn", "modifiedOn", "tagsModifiedOn"),
    sets=("tags",),
    json_text=("meta",),
    unique=True,
)

ACCESS_APPLICATION = ResourceType(
    kind="zeroTrustAccessApplication:ZeroTrustAccessApplication",
    noun="Access application",
    collection="{scope}/access/apps",
    scope=_SCOPED,
    optional=(
        "allowAuthenticateViaWarp",
        "allowIframe",
        "allowedIdps",
        "appLauncherLogoUrl",
        "autoRedirectToIdentity",
        "bgColor",
        "corsHeaders",
        "customDenyMessage",
        "customDenyUrl",
        "customNonIdentityDenyUrl",
        "customPages",
        "enableBindingCookie",
        "footerLinks",
        "headerBgColor",
        "landingPageDesign",
        "logoUrl",
        "mfaConfig",
        "oauthConfiguration",
        "optionsPreflightBypass",
        "pathCookieAttribute",
        "policies",
        "readServiceTokensFromHeader",
        "saasApp",
        "sameSiteCookieAttribute",
        "scimConfig",
        "serviceAuth401Redirect",
        "skipInterstitial",
        "tags",
        "targetCriterias",
    ),
    chosen=(
        "appLauncherVisible",
        "destinations",
        "domain",
        "httpOnlyCookieAttribute",
        "name",
        "selfHostedDomains",
        "sessionDuration",
        "skipAppLauncherLoginPage",
        "type",
    ),
    computed=("aud",),
    defaults={"appLauncherVisible": True, "httpOnlyCookieAttribute": True, "sessionDuration": "24h"},
    carried=("destinations", "domain", "selfHostedDomains"),
    sets=("allowedIdps", "selfHostedDomains", "tags"),
    told_apart_by="domain",
)

ACCESS_POLICY = ResourceType(
    kind="zeroTrustAccessPolicy:ZeroTrustAccessPolicy",
    noun="Access policy",
    collection="accounts/{accountId}/access/policies",
    scope=_ACCOUNT,
    optional=(
        "approvalGroups",
        "approvalRequired",
        "connectionRules",
        "decision",
        "isolationRequired",
        "mfaConfig",
        "name",
        "purposeJustificationPrompt",
        "purposeJustificationRequired",
        *_RULES,
    ),
    chosen=("sessionDuration",),
    defaults={"sessionDuration": "24h"},
    sets=_RULES,
)

ACCESS_GROUP = ResourceType(
    kind="zeroTrustAccessGroup:ZeroTrustAccessGroup",
    noun="Access group",
    collection="{scope}/access/groups",
    scope=_SCOPED,
    optional=("isDefault", "name", *_RULES),
    kept=(("isDefault",),),
)

IDENTITY_PROVIDER = ResourceType(
    kind="zeroTrustAccessIdentityProvider:ZeroTrustAccessIdentityProvider",
    noun="identity provider",
    collection="{scope}/access/identity_providers",
    scope=_SCOPED,
    optional=("config", "name", "readOnly", "samlCertificateSetId", "type"),
    chosen=("scimConfig",),
    computed=("samlCertificateSet",),
    replaces=("type",),
    carried=("scimConfig",),
    kept=(("config", "clientSecret"), ("scimConfig", "secret")),
    derived=(("config", "redirectUrl"), ("scimConfig", "scimBaseUrl"), ("scimConfig", "secret")),
    secrets=(("config", "clientSecret"), ("scimConfig", "secret")),
)

SERVICE_TOKEN = ResourceType(
    kind="zeroTrustAccessServiceToken:ZeroTrustAccessServiceToken",
    noun="service token",
    collection="{scope}/access/service_tokens",
    scope=_SCOPED,
    optional=("name", "previousClientSecretExpiresAt"),
    chosen=("clientSecretVersion", "duration"),
    computed=("clientId", "clientSecret", "expiresAt"),
    defaults={"clientSecretVersion": 1, "duration": "8760h"},
    kept=(("clientSecret",), ("clientSecretVersion",), ("previousClientSecretExpiresAt",)),
    volatile=("expiresAt",),
    secrets=(("clientSecret",),),
)

ACCESS_TAG = ResourceType(
    kind="zeroTrustAccessTag:ZeroTrustAccessTag",
    noun="Access tag",
    collection="accounts/{accountId}/access/tags",
    scope=_ACCOUNT,
    optional=("name",),
    replaces=("name",),
    identity="name",
    unique=True,
)

POSTURE_RULE = ResourceType(
    kind="zeroTrustDevicePostureRule:ZeroTrustDevicePostureRule",
    noun="device posture rule",
    collection="accounts/{accountId}/devices/posture",
    scope=_ACCOUNT,
    optional=("expiration", "input", "matches", "name", "schedule", "type"),
    chosen=("description",),
)

ORGANIZATION = ResourceType(
    kind="zeroTrustOrganization:ZeroTrustOrganization",
    noun="Zero Trust organization",
    collection="{scope}/access/organizations",
    item="{collection}",
    scope=_SCOPED,
    optional=(
        "authDomain",
        "customPages",
        "denyUnmatchedRequests",
        "denyUnmatchedRequestsExemptedZoneNames",
        "loginDesign",
        "mfaConfig",
        "mfaPivKeyRequirements",
        "name",
        "serviceTokenInactivity",
        "sessionDuration",
        "strictServiceTokenAuth",
        "userSeatExpirationInactiveTime",
        "warpAuthNonBrowser401",
        "warpAuthSessionDuration",
    ),
    chosen=(
        "allowAuthenticateViaWarp",
        "autoRedirectToIdentity",
        "isUiReadOnly",
        "mfaConfigurationAllowed",
        "mfaRequiredForAllApps",
        "uiReadOnlyToggleReason",
    ),
    defaults={"allowAuthenticateViaWarp": False, "autoRedirectToIdentity": False, "isUiReadOnly": False},
    create="PUT",
    deletable=False,
    identity="accountId",
)

ZONE_SETTING = ResourceType(
    kind="zoneSetting:ZoneSetting",
    noun="zone setting",
    collection="zones/{zoneId}/settings/{settingId}",
    item="zones/{zoneId}/settings/{id}",
    scope=("zoneId", "settingId"),
    optional=("value",),
    chosen=("enabled",),
    computed=("editable", "modifiedOn", "timeRemaining"),
    create="PATCH",
    update="PATCH",
    deletable=False,
    identity="settingId",
    volatile=("modifiedOn",),
)

RESOURCE_TYPES: Mapping[str, ResourceType] = MappingProxyType(
    {
        f"cloudflare:index/{entry.kind}": entry
        for entry in (
            TUNNEL,
            TUNNEL_CONFIG,
            DNS_RECORD,
            ACCESS_APPLICATION,
            ACCESS_POLICY,
            ACCESS_GROUP,
            IDENTITY_PROVIDER,
            SERVICE_TOKEN,
            ACCESS_TAG,
            POSTURE_RULE,
            ORGANIZATION,
            ZONE_SETTING,
        )
    }
)
