"""The operations that every collection shares, driven by one declarative row per resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sandbox.cloudflare_api.call import Call, Route, new_uuid, now, route
from sandbox.cloudflare_api.document import Json, misfit, visible
from sandbox.cloudflare_api.envelope import Answer, Refusal, invalid, page_of


def _as_sent(_: Call, body: Json, __: Json | None) -> Json:
    return body


def _as_stored(_: Call, document: Json) -> Json:
    return visible(document)


def _unused(_: Call, __: Json) -> str | None:
    return None


@dataclass(frozen=True)
class Resource:
    """One collection of the API.

    `required` fields must be there, and `fields` hold what is said of them (`KINDS`); others are stored as sent.
    `prepare` turns a body into what is stored, or refuses it; `show` turns that into what is answered;
    `used_by` names who still needs an object, which forbids its removal; `removed` acts after a removal.
    """

    collection: str
    path: str
    scopes: tuple[str, ...] = ("accounts",)
    required: tuple[str, ...] = ("name",)
    fields: Mapping[str, str] = field(default_factory=dict)
    defaults: Json | None = None
    computed: tuple[str, ...] = ()
    prepare: Callable[[Call, Json, Json | None], Json] = _as_sent
    show: Callable[[Call, Json], Json] = _as_stored
    show_created: Callable[[Call, Json], Json] | None = None
    used_by: Callable[[Call, Json], str | None] = _unused
    new_id: Callable[[Json], str] = new_uuid
    id_key: str = "id"
    stamps: tuple[str, str] | None = ("created_at", "updated_at")
    invalid: Callable[[str], Refusal] = invalid
    missing: tuple[int, str] = (11021, "access.api.error.not_found")
    created_status: int = 201
    removed_status: int = 202
    updates: tuple[str, ...] = ("PUT",)
    filters: tuple[str, ...] = ("name",)

    def find(self, call: Call) -> Json:
        document = call.store.get(self.collection, call.scope, call.ids["id"])
        if document is None:
            raise Refusal(404, *self.missing)
        return document

    def create(self, call: Call) -> Answer:
        document = self._complete(call, call.body, None)
        call.store.put(self.collection, call.scope, str(document[self.id_key]), document)
        return Answer((self.show_created or self.show)(call, document), self.created_status)

    def read(self, call: Call) -> Answer:
        return Answer(self.show(call, self.find(call)))

    def replace(self, call: Call) -> Answer:
        before = self.find(call)
        return self._write(call, self._complete(call, call.body, before))

    def modify(self, call: Call) -> Answer:
        before = self.find(call)
        return self._write(call, self._complete(call, {**visible(before), **call.body}, before))

    def remove(self, call: Call) -> Answer:
        document = self.find(call)
        user = self.used_by(call, document)
        if user is not None:
            raise self.invalid(f"{self.collection} object is in use by {user}")
        call.store.remove(self.collection, call.scope, str(document[self.id_key]))
        return Answer({self.id_key: document[self.id_key]}, self.removed_status)

    def page(self, call: Call) -> Answer:
        rows = [self.show(call, one) for one in call.store.all(self.collection, call.scope)]
        wanted = {key: call.query[key].lower() for key in self.filters if call.query.get(key)}
        chosen = [row for row in rows if all(str(row.get(key, "")).lower() == text for key, text in wanted.items())]
        return page_of(chosen, call.query)

    def routes(self) -> Iterator[Route]:
        """The routes of this resource under each of its scopes."""
        for scope in self.scopes:
            collection = f"{scope}/{{{scope}}}/{self.path}"
            one = f"{collection}/{{id}}"
            yield route("GET", collection, self.page)
            yield route("POST", collection, self.create)
            yield route("GET", one, self.read)
            yield route("DELETE", one, self.remove)
            for method in self.updates:
                yield route(method, one, self.replace if method == "PUT" else self.modify)

    def _write(self, call: Call, document: Json) -> Answer:
        call.store.put(self.collection, call.scope, str(document[self.id_key]), document)
        return Answer(self.show(call, document))

    def _complete(self, call: Call, body: Json, before: Json | None) -> Json:
        """The document to store. A null counts as not sent: that is how the plugin takes a field back."""
        written = {
            key: value
            for key, value in body.items()
            if value is not None and key not in self.computed and not key.startswith("_")
        }
        sent = {**(self.defaults or {}), **written}
        for key in self.required:
            if sent.get(key) in (None, ""):
                raise self.invalid(f"{key} is required")
        wrong = misfit(sent, {"name": "a text", "type": "a text", **self.fields})
        if wrong is not None:
            raise self.invalid(wrong)
        document = self.prepare(call, sent, before)
        if self.id_key == "id":
            document = {"id": self.new_id(document) if before is None else before["id"], **document}
        if self.stamps is None:
            return document
        (created, updated), moment = self.stamps, now()
        return {**document, created: moment if before is None else before[created], updated: moment}
