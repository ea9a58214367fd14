"""What edge and connector agree on: HTTP/2 in swapped roles, the registration call, packed response headers."""
