"""Rules about where apps are served: host names, paths, and the services behind them."""

from __future__ import annotations

import re
from ipaddress import IPv6Address

from infra.checks.scope import Scope
from infra.problems import Span
from infra.schema.apps import App

# The origins that cloudflared serves (cloudflared `ingress/ingress.go`); only the first two can share a host name.
WEB_SCHEMES = ("http", "https")
SCHEMES = (*WEB_SCHEMES, "unix", "unix+tls", "tcp", "ssh", "rdp", "smb", "http_status")
_NAME = r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"
_NETWORK_SERVICE = re.compile(
    rf"[a-z+]+://(\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|{_NAME}(\.{_NAME})*)(:(?P<port>[0-9]+))?(?P<path>/.*)?"
)
_LABEL_LIMIT = 63  # of one part of a host name (RFC 1035, section 2.3.4)
_URL_LIMIT = 63  # characters of an application's URL (developers.cloudflare.com/cloudflare-one/account-limits)


def check_addresses(scope: Scope) -> None:
    """Ensure that each address is one that Cloudflare and DNS can serve."""
    for app, home in scope.estate.tunnelled:
        span = address_span(scope.file.apps[app.name])
        if home.path == "/cdn-cgi" or home.path.startswith("/cdn-cgi/"):
            advice = ("Cloudflare answers everything below `/cdn-cgi` itself",)
            scope.problems.add("reserved-path", f"`{home.path}` cannot be used", span, advice=advice)
        label = max(home.hostname.split("."), key=len)
        if len(label) > _LABEL_LIMIT:
            message = f"`{label}` has {len(label)} characters; a part of a host name may have {_LABEL_LIMIT}"
            scope.problems.add("long-address", message, span)
        elif len(home.domain) > _URL_LIMIT:
            message = f"`{home.domain}` has {len(home.domain)} characters; Access applications may have {_URL_LIMIT}"
            scope.problems.add("long-address", message, span, severity="warning")


def check_hostnames(scope: Scope) -> None:
    """Ensure that every host name is in the stack's zone, and its certificate covers it."""
    zone = scope.stack.values.zone or ""
    for _, home in scope.estate.tunnelled if zone else ():
        key = "hostname" if home.path else "subdomains"
        place = scope.stack.values.at[key]
        if not home.hostname.endswith(f".{zone}"):
            message = f"`{home.hostname}` is not in the zone `{zone}` of stack `{scope.stack.name}`"
            scope.problems.add("outside-zone", message, place, advice=(f"a host name ends in `.{zone}`",))
        elif home.hostname.removesuffix(f".{zone}").count("."):
            message = f"`{home.hostname}` is more than one level below `{zone}`"
            advice = ("Cloudflare's universal certificate covers one level; use a `-` or order another certificate",)
            scope.problems.add("needs-certificate", message, place, advice=advice, severity="warning")


def check_services(scope: Scope) -> None:
    """Ensure that each `service` is an origin that cloudflared serves."""
    for app in scope.file.apps.values():
        if app.service is None:
            continue
        problem = _service_problem(app.service)
        if problem:
            scope.problems.add("bad-service", problem[0], app.service.span, advice=problem[1:])
        scheme = app.service.split(":", 1)[0]
        if app.path is not None and scheme not in WEB_SCHEMES and not problem:
            message = f"`{scheme}` cannot be served below a path"
            scope.problems.add("bad-address", message, app.path.span, advice=("use `subdomain` instead of `path`",))
        if app.origin and scheme not in WEB_SCHEMES:
            message = f"`origin` has no meaning for `{scheme}`"
            scope.problems.add("bad-service", message, app.origin.at.span, advice=("remove `origin`",))


def _service_problem(service: str) -> tuple[str, ...]:
    """What is wrong with a service, then what to do; empty when nothing is."""
    scheme = service.split(":", 1)[0]
    if scheme not in SCHEMES:
        forms = "`http://host:8501`, `unix:/run/app.sock`, `ssh://host:22`, `http_status:404`"
        return (f"`{service}` is not an origin that cloudflared serves", f"for example {forms}")
    if scheme == "http_status":
        valid = re.fullmatch(r"http_status:[1-5][0-9][0-9]", service)
        return () if valid else (f"`{service}` is not a status", "for example `http_status:503`")
    if scheme in ("unix", "unix+tls"):
        return (
            ()
            if re.fullmatch(r"unix(\+tls)?:/.+", service)
            else (
                f"`{service}` needs an absolute path",
                "for example `unix:/run/app.sock`",
            )
        )
    match = _NETWORK_SERVICE.fullmatch(service)
    if match is None or (match["ipv6"] and not _is_ipv6(match["ipv6"])):
        return (f"`{service}` is not a URL of a host", f"for example `{scheme}://host.internal:8080`")
    if match["port"] and not 0 < int(match["port"][:6]) < 65536:
        return (f"there is no port {match['port']}", "ports go from 1 to 65535")
    if scheme == "tcp" and not match["port"]:
        return (f"`{service}` names no port", "cloudflared would take 7864; for example `tcp://db.internal:5432`")
    if match["path"]:
        advice = "cloudflared never rewrites paths: the service itself must answer under `path`"
        return (f"`{service}` has a path, which cloudflared refuses", advice)
    return ()


def _is_ipv6(text: str) -> bool:
    try:
        return bool(IPv6Address(text))
    except ValueError:
        return False


def address_span(app: App) -> Span:
    """Where an app's address is written."""
    written = app.path or app.subdomain
    return written.span if written is not None else app.at.span
