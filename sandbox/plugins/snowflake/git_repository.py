"""Git repositories.

They are not in the recording; statements and columns are those of pkg/sdk/git_repositories_gen.go and
pkg/resources/git_repository.go of terraform-provider-snowflake 2.20.
"""

from __future__ import annotations

from sandbox.plugins.snowflake import names
from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.answers import Row, account_name, columns, go_time, stored, text
from sandbox.plugins.snowflake.attributes import DESCRIBED, SHOWN, Attribute, table
from sandbox.plugins.snowflake.named import IN_SCHEMA, NamedObject, comment, placed
from sandbox.plugins.values import Properties


def _object(value: object) -> str:
    return names.qualified(text(value)) if text(value) else ""


def _parts(value: str) -> object:
    return names.parts(value)


class GitRepository(NamedObject):
    """A clone of a repository."""

    noun, words, plural = "Git repository", "GIT REPOSITORY", "GIT REPOSITORIES"
    attributes = table(
        *placed(forces=True, place=IN_SCHEMA),
        Attribute("origin", "ORIGIN", required=True, forces=True),
        Attribute(
            "apiIntegration",
            "API_INTEGRATION",
            lambda name: names.quoted(names.bare(name)),
            required=True,
            normal=names.bare,
        ),
        Attribute("gitCredentials", "GIT_CREDENTIALS", names.qualified, normal=_parts),
        comment(),
    )
    computed = ("fullyQualifiedName", SHOWN, DESCRIBED)
    shown = columns(
        "name", "database_name", "schema_name", "origin", "owner", "owner_role_type", "comment",
        created_on=go_time, last_fetched_at=go_time, api_integration=account_name, git_credentials=_object,
    )  # fmt: skip

    def details(self, account: Account, ident: str, row: Row, state: Properties) -> Properties:  # noqa: ARG002 # as every type's
        """The same again."""
        return {
            "origin": row.get("origin"),
            "apiIntegration": names.quoted(account_name(row.get("api_integration"))),
            "gitCredentials": _object(row.get("git_credentials")),
            "comment": text(row.get("comment")),
            DESCRIBED: [stored(self.shown, next(iter(self.described(account, ident)), {}))],
        }
