"""The Cloudflare provider stand-in: a table of resource types over the official `cloudflare` client.

Its names, defaults, replacement rules and requests are those of the official provider (Terraform provider
v5 behind pulumi-cloudflare v6).
"""
