"""Who reaches what: `decide` for one request, `entitlements` for a whole estate."""

from infra.access.decide import Outcome, decide
from infra.access.entitlements import Entitlement, entitlements, who_may_enter
from infra.access.person import Person, Request

__all__ = ["Entitlement", "Outcome", "Person", "Request", "decide", "entitlements", "who_may_enter"]
