"""Gatehouse: one reviewed file, `apps.yaml`, becomes guarded apps in Cloudflare and Snowflake.

    apps.yaml ─ source ─ schema ─┐                      ┌─ access ─ lints ─ report      gatehouse check, who, …
                                 ├─ resolve → Estate ───┤
    stacks/Pulumi.<stack>.yaml ──┘    (checks)          └─ policies, ingress ─ settings ─ components      pulumi up

Data flows one way. Everything above `settings` is plain Python without pulumi, credentials or network: it decides what
is meant. `components` turn an Estate into resources and decide nothing. tests/test_layers.py holds these arrows.
"""
