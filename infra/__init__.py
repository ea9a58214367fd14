"""Gatehouse: one reviewed file, `apps.yaml`, becomes guarded apps in Cloudflare and Snowflake.

    apps.yaml ─ source ─ schema ─┐                      ┌─ access ─ lints ─ commands      gatehouse check, who, …
                                 ├─ resolve → Estate ───┤
    stacks/Pulumi.<stack>.yaml ──┘    (checks)          └─ policies, ingress ─ rules ─ components         pulumi up

Data flows one way. All but `settings`, `components`, `provision` and `__main__` is plain Python without pulumi,
credentials or network: it decides what is meant. `components` turn an Estate into resources and decide nothing.
`workflows` runs in GitHub's workflows and speaks to GitHub, git and the engine's command line.

A module imports from earlier lines only, never from its own (held by tests/test_layers.py):

    terminal
    problems
    indentation
    syntax
    source
    extents
    shapes
    records, short_forms, encrypted
    schema
    stack
    names, estate, spelling, bundle, sql, logic
    in_snowflake, secret_functions, policies, ingress, containers, reach
    privileges, streamlit_properties, uploads, resolve
    checks, access, rules
    lints, roster, holds
    load, settings
    diff
    revisions, report, why
    blame
    audit
    commands, components
    cli, provision, workflows
    __main__
"""
