"""The browser side of the edge: Access, the identity provider, and the way to the tunnel.

app        every host behind one port: team domain, identity provider, applications
routing    host → zone, account, tunnel, Access objects
access     the decision over each request; credentials, origin_headers and explain are its parts
login      from an application to the provider and back; team_domain and app_domain are its pages
idp        OpenID Connect: one issuer per configured provider, the people, their login page
carriage   HTTP and WebSockets to the tunnel side (`sandbox.edge.upstream`)
"""

from sandbox.front.addresses import Addresses
from sandbox.front.app import Front

__all__ = ["Addresses", "Front"]
