"""`python -m sandbox.connector`: cloudflared's command line, `tunnel run` until SIGINT or SIGTERM.

Set up by options or by the environment: TUNNEL_TOKEN, TUNNEL_EDGE (host:port), TUNNEL_CACERT, TUNNEL_METRICS
(host:port), TUNNEL_HA_CONNECTIONS. Where the team domain is served elsewhere, SANDBOX_ACCESS_EDGE (host:port) with
SANDBOX_ACCESS_CACERT; where names of origins are not in DNS, SANDBOX_HOSTS and SANDBOX_SERVICES.
"""

from __future__ import annotations

import os
import sys

from sandbox.connector import VERSION
from sandbox.connector.command_line import UsageError, read_command, ready


def main() -> int:
    try:
        command = read_command(sys.argv[1:], os.environ)
    except UsageError as error:
        print(f"Incorrect Usage. {error}", file=sys.stderr)
        return 1
    if command.verb == "version":
        print(f"cloudflared version {VERSION} (stand-in of the Gatehouse sandbox)")
        return 0
    if command.verb == "ready":
        problem = ready(command.environment)
        if problem:
            print(problem, file=sys.stderr)
        return 1 if problem else 0
    # Loaded here, because a health check asks `ready` every few seconds and needs none of it.
    from sandbox.connector.service import run

    return run(command.environment)


if __name__ == "__main__":
    sys.exit(main())
