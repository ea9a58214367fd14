"""A stand-in for cloudflared where its binary is not at hand: the same token, protocol and ingress rules.

It only dials out: to the edge, and to the origins that the pushed configuration names. It is an emulation;
a real cloudflared takes its place at the same edge.
"""

VERSION = "gatehouse-sandbox"
