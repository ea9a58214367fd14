"""A Streamlit object with its files.

The SDK's class for it knows only apps of the legacy kind, hence statements: one that makes the object and never
changes, so that address and grants survive everything else, and others for what it is at the moment
(docs/decisions/2026-11-27-streamlit-by-statements.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_snowflake as snowflake

from infra import names, sql
from infra.streamlit_properties import Properties
from infra.uploads import Upload


@dataclass(frozen=True)
class Streamlit:
    """What a Streamlit object is made of; `owner` is the role that it runs as.

    `folder` is where files come from that are fetched from Git, as a literal, and `origin` that repository's address.
    """

    app: str
    name: sql.ObjectName
    stage: sql.ObjectName
    properties: Properties
    uploads: Sequence[Upload]
    folder: str | None
    origin: str | None
    owner: str
    stack: str


class StreamlitApp(pulumi.ComponentResource):
    """One app, made by the role that it runs as. `identity` holds grants, `properties` come last."""

    identity: snowflake.Execute
    properties: snowflake.Execute

    def __init__(
        self,
        streamlit: Streamlit,
        owner: snowflake.Provider,
        placed: Sequence[pulumi.Resource],
        allowed: Sequence[pulumi.Resource],
        named: Sequence[pulumi.Resource],
    ) -> None:
        """It exists once what it is `placed` in does, and is set up once it is `allowed` to use what it names.

        Of what is `named` in its properties, another object can have the same name: they are set again for that one.
        """
        super().__init__("infra:snowflake:StreamlitApp", streamlit.app)
        self._streamlit = streamlit
        self._own = pulumi.ResourceOptions(parent=self, provider=owner)
        name = streamlit.name
        self.identity = self._run(
            streamlit.app,
            sql.create_streamlit(name),
            sql.drop_streamlit(name),
            # Two objects cannot have one name, and ownership cannot be handed over.
            pulumi.ResourceOptions(
                depends_on=list(placed), delete_before_replace=True, replacement_trigger=streamlit.owner
            ),
        )
        live = self._of_object("live version", sql.add_live_version(name), self.identity)
        copied = self._uploaded(live, placed) if streamlit.folder is None else self._fetched(live, allowed)
        before: list[pulumi.Resource] = [*copied, *allowed]
        if streamlit.properties.absent:
            # First, since something may have to go before another thing can.
            before.append(
                self._of_object("unset properties", sql.unset_streamlit(name, streamlit.properties.absent), *before)
            )
        self.properties = self._of_object(
            "properties",
            sql.set_streamlit(name, streamlit.properties.present),
            *before,
            # What a refresh compares: a change by hand shows as another result.
            query=sql.describe_streamlit(name),
            anew_with=named,
        )
        self.register_outputs({})

    def _uploaded(self, live: pulumi.Resource, placed: Sequence[pulumi.Resource]) -> Sequence[pulumi.Resource]:
        """All files are staged before any is copied: an upload that fails leaves what visitors see as it was."""
        streamlit = self._streamlit
        stage = self._stage(placed)
        staged = [
            self._run(
                f"{streamlit.app}/{file.path}@{file.key}",
                sql.put(str(file.place), streamlit.stage, file.folder),
                # The key is of this path and content alone, so there is nothing else in its folder.
                sql.remove(sql.staged(streamlit.stage, f"{file.key}/{file.path}")),
                # The name says which content it is; where the file lies on this machine must not matter.
                pulumi.ResourceOptions(
                    depends_on=[stage], deleted_with=stage, replace_with=[stage], ignore_changes=["execute"]
                ),
            )
            for file in streamlit.uploads
        ]
        for file in streamlit.uploads:
            # Nothing is done now; when the path goes away, so does the file that visitors see. Not when the stage goes
            # too: then the app does, or its files come from Git, and those are copied before anything is removed.
            self._run(
                f"{streamlit.app}/{file.path}",
                sql.NOTHING,
                sql.remove_live(streamlit.name, file.path),
                pulumi.ResourceOptions(depends_on=[live], deleted_with=stage),
            )
        return [
            self._of_object(
                f"live {file.path}@{file.key}",
                sql.copy_files(streamlit.name, sql.staged(streamlit.stage, f"{file.key}/")),
                live,
                *staged,
            )
            for file in streamlit.uploads
        ]

    def _stage(self, placed: Sequence[pulumi.Resource]) -> snowflake.StageInternal:
        name = self._streamlit.stage
        return snowflake.StageInternal(
            self._streamlit.app,
            name=name.name,
            database=name.database,
            schema=name.schema,
            # Encrypted by Snowflake, which copies the files.
            encryption={"snowflake_sse": {}},
            comment=names.comment(self._streamlit.stack),
            # It is the owner's, like the app.
            opts=pulumi.ResourceOptions.merge(
                self._own,
                pulumi.ResourceOptions(
                    depends_on=list(placed), delete_before_replace=True, replacement_trigger=self._streamlit.owner
                ),
            ),
        )

    def _fetched(self, live: pulumi.Resource, allowed: Sequence[pulumi.Resource]) -> Sequence[pulumi.Resource]:
        """The folder of a commit or tag. Files that it no longer has stay in the live version."""
        copy = sql.copy_files(self._streamlit.name, str(self._streamlit.folder))
        return [self._of_object(f"from {self._streamlit.origin}", copy, live, *allowed)]

    def _of_object(
        self,
        part: str,
        statement: str,
        *after: pulumi.Resource,
        query: str | None = None,
        anew_with: Sequence[pulumi.Resource] = (),
    ) -> snowflake.Execute:
        """A statement about the object: gone with it, and run again for a new one."""
        opts = pulumi.ResourceOptions(
            depends_on=list(after),
            deleted_with=self.identity,
            replace_with=[self.identity, *anew_with],
            # Nothing undoes it; and what it is made anew with can go before this session has been opened.
            retain_on_delete=True,
        )
        return self._run(f"{self._streamlit.app} {part}", statement, sql.NOTHING, opts, query)

    def _run(
        self, name: str, statement: str, revert: str, opts: pulumi.ResourceOptions, query: str | None = None
    ) -> snowflake.Execute:
        return snowflake.Execute(
            name,
            execute=statement,
            revert=revert,
            query=query,
            opts=pulumi.ResourceOptions.merge(self._own, opts),
        )
