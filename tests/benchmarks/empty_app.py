"""The limit of answering: a Litestar application with one route that does nothing, served as the service is."""

import os

from granian.constants import Interfaces, Loops
from granian.server import Server
from litestar import Litestar, get


@get("/")
async def answer() -> dict[str, str]:
    """Nothing."""
    return {}


def create_app() -> Litestar:
    """The application."""
    return Litestar([answer], openapi_config=None)


if __name__ == "__main__":
    Server(
        "tests.benchmarks.empty_app:create_app",
        factory=True,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        port=int(os.environ["BENCHMARK_PORT"]),
        workers=1,
        log_access=False,
    ).serve()
