"""Choosing a TCP port, and saying who holds the one that was asked for."""

import errno
import socket

from infra.embedded.problems import PortTaken, StartupProblem
from infra.embedded.proc import listener_on

LOOPBACK = "127.0.0.1"


def free_port(host: str = LOOPBACK) -> int:
    """A port that nobody listens on at this moment; the caller must be ready for somebody to be faster."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def ensure_port_free(port: int, host: str = LOOPBACK) -> None:
    """Raise PortTaken, naming the holder where /proc tells, or StartupProblem where the port can't be bound at all."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            # Two sockets with SO_REUSEADDR may both be bound; only one of them may listen.
            probe.listen(1)
        except OSError as problem:
            raise _explain(problem, port, host) from problem


def _explain(problem: OSError, port: int, host: str) -> StartupProblem:
    if problem.errno == errno.EADDRINUSE:
        return port_taken(port, host)
    if problem.errno == errno.EACCES:
        return StartupProblem(f"Port {port} needs root: choose a port of 1024 or above.")
    if problem.errno == errno.EADDRNOTAVAIL:
        return StartupProblem(f"This machine has no address {host}: choose 127.0.0.1, 0.0.0.0 or one of its own.")
    return StartupProblem(f"Port {port} on {host} can't be used ({problem.strerror}): choose another port.")


def port_taken(port: int, host: str = LOOPBACK) -> PortTaken:
    """The problem that says who listens on `port`."""
    holder = listener_on(port)
    who = f"{holder.name} (process {holder.pid})" if holder else "a process of another user"
    return PortTaken(f"Port {port} on {host} is taken by {who}: stop it, or choose another port.")
