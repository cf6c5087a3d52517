"""Becomes a server process: gives up root, ties its life to its parent's, then executes the server. Run by path, not imported as a library.

It runs under `python -I -S` before the change of user, so that the interpreter itself may lie where the new user can't read.
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

EXIT_IDENTITY = 121
EXIT_DIRECTORY = 122
EXIT_EXECUTE = 123

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_GRACE_SECONDS = 2.0

_libc = ctypes.CDLL(None, use_errno=True)


def _give_up(code: int, words: str, problem: OSError) -> NoReturn:
    os.write(2, f"{words}: {problem.strerror} ({problem.filename or problem.errno})\n".encode())
    os._exit(code)


def _take_identity(kind: str, uid: int, gid: int) -> None:
    """Become another user, or the same one under another number in a user namespace of our own; `keep` does nothing."""
    if kind == "user":
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    elif kind == "namespace":
        outside_uid, outside_gid = os.geteuid(), os.getegid()
        if _libc.unshare(_CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {outside_uid} 1"), ("gid_map", f"{gid} {outside_gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)


def _die_with(parent: int, death_signal: int) -> None:
    """Ask the kernel for `death_signal` when the parent dies. Must follow the change of user, which clears it."""
    _libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(EXIT_IDENTITY)


def _execute(argv: list[str]) -> NoReturn:
    # Python ignores these two, and an ignored signal stays ignored across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execv(argv[0], argv)  # noqa: S606 - no shell is wanted
    except OSError as problem:
        _give_up(EXIT_EXECUTE, f"can't execute {argv[0]}", problem)


def _watch(parent: int, argv: list[str]) -> NoReturn:
    """Run `argv` as a child of this group leader and pass signals on; when the parent dies, end the whole group in two seconds.

    For programs that start processes of their own, which no parent-death signal would reach.
    """
    leader = os.getpid()
    child = os.fork()
    if child == 0:
        _die_with(leader, signal.SIGKILL)
        _execute(argv)
    orphaned = False

    def pass_on(number: int, _frame: FrameType | None) -> None:
        # Handlers also run once `waitpid` has taken note of the child's end, before it returns.
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    def parent_died(_number: int, _frame: FrameType | None) -> None:
        nonlocal orphaned
        # The kernel tells of the end of each of the parent's threads that we pass to; the first time counts.
        if orphaned:
            return
        orphaned = True
        signal.setitimer(signal.ITIMER_REAL, _GRACE_SECONDS)
        pass_on(signal.SIGTERM, None)

    signal.signal(signal.SIGALRM, lambda *_: os.killpg(0, signal.SIGKILL))
    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    signal.signal(signal.SIGHUP, parent_died)
    _die_with(parent, signal.SIGHUP)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if orphaned:
        os.killpg(0, signal.SIGKILL)
    os._exit(code if code >= 0 else 128 - code)


def main(order: dict[str, Any]) -> NoReturn:
    """Carry out the order; never returns."""
    try:
        _take_identity(order["kind"], order["uid"], order["gid"])
    except OSError as problem:
        _give_up(EXIT_IDENTITY, "can't change the user", problem)
    try:
        os.chdir(order["directory"])
    except OSError as problem:
        _give_up(EXIT_DIRECTORY, "can't enter the directory", problem)
    if order["watch"]:
        _watch(order["parent"], order["argv"])
    _die_with(order["parent"], order["death_signal"])
    _execute(order["argv"])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
