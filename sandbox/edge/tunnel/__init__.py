"""The edge's tunnel side: connectors dial in and register, get their ingress pushed, and carry requests.

    listener → registration → roster (who is live; shown in the API) → configuration (pushed at every change)
                                └ carrier: the `Upstream` that the browser side asks

`TunnelEdge` puts it together over the store of the local Cloudflare API.
"""

from sandbox.edge.tunnel.edge import TunnelEdge

__all__ = ["TunnelEdge"]
