"""A secret UDF."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_snowflake as snowflake

from infra import names, sql
from infra.secret_functions import HANDLER, RUNTIME_VERSION, SecretFunction


class SecretUdf(pulumi.ComponentResource):
    """A function that reads one secret, or says of which type it is."""

    function: snowflake.FunctionPython

    def __init__(
        self,
        app: str,
        function: SecretFunction,
        secret: sql.ObjectName,
        integration: pulumi.Input[str],
        stack: str,
        login: snowflake.Provider,
        needs: Sequence[pulumi.Resource],
    ) -> None:
        """It is made anew with what it `needs`: a secret or an integration of the same name is another one."""
        logical = f"{app}/{function.secret.alias}/{function.reads}"
        super().__init__("infra:snowflake:SecretUdf", logical)
        self.function = snowflake.FunctionPython(
            logical,
            name=function.name,
            database=secret.database,
            schema=secret.schema,
            runtime_version=RUNTIME_VERSION,
            handler=HANDLER,
            return_type=function.returns,
            function_definition=function.body,
            external_access_integrations=[integration],
            secrets=[{"secret_variable_name": "secret", "secret_id": str(secret)}],
            comment=names.comment(stack),
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=login,
                depends_on=list(needs),
                replace_with=list(needs),
                delete_before_replace=True,
            ),
        )
        self.register_outputs({})
