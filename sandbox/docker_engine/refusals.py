"""What the engine refuses, with dockerd's status codes and words."""

from __future__ import annotations


class RefusalError(Exception):
    """A request that is answered with `status` and `{"message": …}`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def no_such_container(name: str) -> RefusalError:
    return RefusalError(404, f"No such container: {name}")


def no_such_image(name: str) -> RefusalError:
    return RefusalError(404, f"No such image: {name}")


def no_such_network(name: str) -> RefusalError:
    return RefusalError(404, f"network {name} not found")


def no_registry(name: str) -> RefusalError:
    """The words that clients know an unknown image by, then why."""
    return RefusalError(
        404, f"No such image: {name}: the sandbox's stand-in Docker Engine has no registry to pull it from"
    )


def unsupported(what: str) -> RefusalError:
    """What the stand-in leaves out rather than pretends."""
    return RefusalError(501, f"{what} is not supported by the sandbox's stand-in Docker Engine")
