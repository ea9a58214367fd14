"""One example per section of apps.yaml; together they are a whole file, which a test loads."""

from __future__ import annotations

EXAMPLES = {
    "identity": """\
identity:
  providers:
    workspace: {type: google-workspace}
    partners: {type: oidc, claims: [employment]}
  default: workspace
""",
    "departments": """\
departments:
  marketing: {groups: [marketing@example.com]}
  sales: {domains: [sales.example.com]}
  finance: {groups: [finance@example.com], emails: [cfo@example.com], snowflake_role: FINANCE}
  contractors: {provider: partners, claim: {name: employment, value: contractor}}
""",
    "machines": """\
machines:
  nightly-export: {owner: finance, duration: 90d}
""",
    "devices": """\
devices:
  company-laptop: {type: warp}
  patched-mac: {type: os-version, platforms: [mac], version: 14.2.0}
""",
    "exclusive": """\
exclusive:
  - [finance, contractors]
  - [marketing, contractors]
""",
    "apps": """\
apps:
  campaigns:                              # its own code, run by Gatehouse
    title: Campaign performance
    owner: marketing
    source: apps/campaigns
    path: /streamlit/marketing
    access:
      - deny: contractors
        require: [{country: [KP, SY]}]    # a list inside one entry is an OR
        reason: sanctions
      - marketing                         # short for {allow: marketing}
      - allow: contractors
        require: [mfa, {ip: 192.0.2.0/24}]    # all entries must hold
        expires: 2027-03-31               # the last day, inclusive, UTC
        reason: the agency behind the spring campaign
    session: 8h
  wiki:                                   # something that runs already
    owner: sales
    service: https://wiki.internal:8443
    origin: {tls_name: wiki.example.com}
    subdomain: wiki
    access:
      - allow: [marketing, sales]
        require: [{device: [company-laptop, patched-mac]}]
    machines: [nightly-export]
    only_in: [dev]
  ledger:                                 # Streamlit in Snowflake
    owner: finance
    source: apps/ledger
    snowflake:
      runtime: container
      query_warehouse: reporting
      compute_pool: streamlit
      external_hosts: [api.exchange.example]
      secrets:
        fx_api_key: {type: generic-string, deliver: function}
    access: [finance]
    tags: [restricted]
""",
    "tests": """\
tests:
  - who: {department: marketing, country: JP}
    must: [campaigns]                     # all of them; `may`: some of them
  - who: {department: contractors}
    never: [tag:restricted]               # none of them, whatever else is true of them
  - who: {department: contractors, country: KP}
    never: [campaigns]
    reason: sanctions                     # the entry that turns them away has this reason
  - who: {machine: nightly-export}
    must: [wiki]
  - only: [finance, cfo@example.com]
    reach: [ledger]
  - no_public: true
  - mfa_everywhere: true
    except: [campaigns, wiki, ledger]
""",
}
