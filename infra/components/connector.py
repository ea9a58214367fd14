"""The connectors of a stack: cloudflared, which dials out to Cloudflare and carries the requests in."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_docker as docker

from infra import names
from infra.containers import CONFINED, CONNECTOR_ENVIRONMENT, CONNECTOR_HEALTH, CONNECTOR_USER, Containers


class Connectors(pulumi.ComponentResource):
    """As many containers as the stack asks for, all of one tunnel. They know no app: the ingress map is pushed."""

    def __init__(
        self,
        containers: Containers,
        token: pulumi.Output[str],
        networks: Sequence[pulumi.Output[str]],
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("infra:docker:Connectors", names.CONNECTOR)
        image = docker.RemoteImage(
            names.CONNECTOR,
            name=containers.connector_image,
            # Other stacks of this daemon may use it as well.
            keep_locally=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        envs: list[pulumi.Input[str]] = [*CONNECTOR_ENVIRONMENT, pulumi.Output.concat("TUNNEL_TOKEN=", token)]
        previous = list(after)
        for number, name in containers.connectors.items():
            container = docker.Container(
                names.connector(number),
                name=name,
                image=image.name,
                command=["tunnel", "run"],
                user=CONNECTOR_USER,
                envs=envs,
                healthcheck=docker.ContainerHealthcheckArgs(**CONNECTOR_HEALTH),
                networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network) for network in networks],
                **CONFINED,
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=previous,
                    delete_before_replace=True,
                    # The provider answers with the variables in another order, so all of them are kept secret.
                    additional_secret_outputs=["envs"],
                ),
            )
            # One after another: what replaces them never stops all of them at once.
            previous = [*after, container]
        self.register_outputs({})
