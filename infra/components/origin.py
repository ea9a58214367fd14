"""An app's own container, built from its folder."""

from __future__ import annotations

import pulumi
import pulumi_docker as docker

from infra.containers import APP_USER, BUILD_CONTEXT, CONFINED, DOCKERFILE, Origin


class OriginContainer(pulumi.ComponentResource):
    """The image of an app and the container that serves it, to connectors only."""

    def __init__(
        self, origin: Origin, aud: pulumi.Output[str], apps: pulumi.Output[str], outbound: pulumi.Output[str]
    ) -> None:
        super().__init__("infra:docker:OriginContainer", origin.app)
        image = docker.RemoteImage(
            origin.app,
            name=origin.image,
            build={"context": BUILD_CONTEXT, "dockerfile": DOCKERFILE, "build_args": origin.build_args},
            opts=pulumi.ResourceOptions(parent=self),
        )
        envs: list[pulumi.Input[str]] = [*origin.environment, pulumi.Output.concat("ACCESS_AUD=", aud)]
        docker.Container(
            origin.app,
            name=origin.container,
            image=image.name,
            user=APP_USER,
            envs=envs,
            networks_advanced=[{"name": apps, "aliases": [origin.app]}, {"name": outbound}],
            **CONFINED,
            # Two containers cannot have one name.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.register_outputs({})
