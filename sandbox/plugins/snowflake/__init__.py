"""The Snowflake provider stand-in: objects, grants and statements of an account, over Snowflake's own Python client.

Its statements, ids, outputs, defaults and replacement rules are those of the official provider (Terraform provider
v2.20 behind pulumi-snowflake v2.22). In particular a CREATE of something that exists is an error; nothing is adopted.

    names, sql, sets                how names, constants and lists without an order are spelled
    data_type, parameters, answers  return types of functions; SHOW PARAMETERS; rows as the state has them
    attributes                      what a property is: its clause, its default, what counts as a change
    kind, named                     what a type does; objects with CREATE, SHOW, DESCRIBE, ALTER and DROP
    secret … execute                the types
    settings, account               the configuration; a few sessions, and what their errors mean
    provider                        what the engine calls
"""
