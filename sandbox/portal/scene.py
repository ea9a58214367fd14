"""Who and what there is to measure: the apps that the launcher shows, people with their identities, machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sandbox.cloudflare_api.access import AccessObjects
from sandbox.cloudflare_api.access.places import patterns_of
from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.world import Account
from sandbox.front import Front
from sandbox.front.idp.people import Person
from sandbox.portal.cells import App, Visitor
from sandbox.portal.measure import Scene
from sandbox.portal.short_names import short_name, without_stack
from sandbox.portal.snowflake import StreamlitApp

ANYBODY = Visitor("anybody", "Anybody, not logged in", "anonymous")


def scene_of(front: Front, account: Account, beside: Iterable[StreamlitApp] = ()) -> Scene:
    """Everything at one account, and the apps of the Snowflake beside it."""
    objects = front.routing.objects(account)
    apps = [App(str(one["id"]), title_of(objects, one), url_of(front, one)) for one in shown(objects)]
    apps += [App(one.url_id, one.title, one.url, "snowflake") for one in beside]
    people = (visitor for person in front.people.all() for visitor in identities(front, objects, person))
    return Scene((ANYBODY, *people, *_machines(objects)), tuple(apps))


def shown(objects: AccessObjects) -> tuple[Json, ...]:
    """The applications that the launcher shows: by title, those that are meant to be seen and have an address."""
    visible = (one for one in objects.applications if one.get("app_launcher_visible") is not False)
    return tuple(sorted((one for one in visible if _address(one)), key=lambda one: str(one.get("name")).casefold()))


def title_of(objects: AccessObjects, application: Json) -> str:
    """The title of an application, without the name of the stack where all of them have it."""
    name = str(application.get("name") or application.get("domain"))
    return without_stack(name, (str(one.get("name")) for one in shown(objects)))


def url_of(front: Front, application: Json) -> str:
    """Where an application is opened. A path is taken for a folder, as apps below one are served."""
    host, _, path = _address(application).partition("/")
    return front.addresses.url(host, f"/{path.rstrip('/')}/" if path else "/")


def identities(front: Front, objects: AccessObjects, person: Person) -> Iterator[Visitor]:
    """A person once for each provider that knows them."""
    for provider in objects.identity_providers:
        issuer = front.issuers.find(provider)
        if issuer is not None and issuer.said_of(person) is not None:
            own = f"{person.id}@{issuer.name}"
            yield Visitor(own, person.name, "person", person.id, issuer.id, issuer.name)


def _machines(objects: AccessObjects) -> Iterator[Visitor]:
    for token in objects.service_tokens.values():
        credentials = (str(token["client_id"]), str(token["_client_secret"]))
        yield Visitor(str(token["id"]), short_name(str(token["name"]), objects), "machine", credentials=credentials)


def _address(application: Json) -> str:
    return next((pattern for pattern in patterns_of(application) if "*" not in pattern), "")
