"""Access evaluation: who gets which answer at a URL, from the API's own objects and nothing else.

    objects = AccessObjects.of(applications=[...], policies=[...], groups=[...], identity_providers=[...])
    outcome = evaluate(objects, Visitor(idp_id="…", email="ann@example.com"), Request("apps.example.com", "/x"))

The rules are those of Cloudflare's documentation. It is written without a look at the product, which has its own
reading of them; tests hold the two against each other.
"""

from sandbox.cloudflare_api.access.evaluation import (
    Outcome,
    evaluate,
    evaluate_application,
    evaluate_policies,
    offered_idps,
    policies_of,
)
from sandbox.cloudflare_api.access.objects import AccessObjects
from sandbox.cloudflare_api.access.places import Place, place_at
from sandbox.cloudflare_api.access.visitor import Request, Visitor

__all__ = [
    "AccessObjects",
    "Outcome",
    "Place",
    "Request",
    "Visitor",
    "evaluate",
    "evaluate_application",
    "evaluate_policies",
    "offered_idps",
    "place_at",
    "policies_of",
]
