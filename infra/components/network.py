"""The networks of a stack's containers."""

from __future__ import annotations

import pulumi
import pulumi_docker as docker

from infra import names
from infra.containers import Containers


class ContainerNetworks(pulumi.ComponentResource):
    """`apps` leads nowhere: connectors reach apps there. `outbound` leads out, and nobody in it reaches another."""

    apps: pulumi.Output[str]
    outbound: pulumi.Output[str]

    def __init__(self, containers: Containers) -> None:
        super().__init__("infra:docker:ContainerNetworks", names.NETWORKS)
        opts = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        apps = docker.Network(
            names.APPS_NETWORK, name=containers.apps_network, driver="bridge", internal=True, opts=opts
        )
        outbound = docker.Network(
            names.OUTBOUND_NETWORK,
            name=containers.outbound_network,
            driver="bridge",
            options={"com.docker.network.bridge.enable_icc": "false"},
            opts=opts,
        )
        self.apps = apps.name
        self.outbound = outbound.name
        self.register_outputs({"apps": self.apps, "outbound": self.outbound})
