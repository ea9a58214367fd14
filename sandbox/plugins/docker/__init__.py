"""The Docker provider stand-in: networks, images and containers over the official `docker` client.

Its names, defaults, replacement rules and the order of its requests are those of the official provider (Terraform
provider v4 behind pulumi-docker v5). In particular a container is created on the network `bridge`, taken off it and
connected to its own networks before it is started, and images are built by the daemon's classic builder.

    attributes                      how one attribute is written into a request and read out of an answer
    network, image, container       the attributes and operations of one type
    connection                      the client, and what its errors mean
    provider                        what the engine calls
"""
