"""Why something can't start, said in one line that tells what to do."""

import re
from typing import ClassVar

from infra.errors import SuyuanError

_MISSING_LIBRARY = re.compile(r"error while loading shared libraries: ([^\s:]+):")
_OLD_LIBC = re.compile(r"version `(GLIBC(?:XX)?_[\d.]+)' not found")

# Debian's and Ubuntu's package for each library that a server binary may ask for; `{0}` is the version in the library's name.
_PACKAGES = (
    (r"libz\.so\.1", "zlib1g"),
    (r"libicu\w+\.so\.(\d+)", "libicu{0}"),
    (r"lib(?:ssl|crypto)\.so\.3", "libssl3"),
    (r"libxml2\.so\.2", "libxml2"),
    (r"libxslt\.so\.1", "libxslt1.1"),
    (r"liblz4\.so\.1", "liblz4-1"),
    (r"libzstd\.so\.1", "libzstd1"),
    (r"libreadline\.so\.(\d+)", "libreadline{0}"),
    (r"libldap-2\.5\.so\.0", "libldap-2.5-0"),
    (r"libgssapi_krb5\.so\.2", "libgssapi-krb5-2"),
    (r"libpam\.so\.0", "libpam0g"),
    (r"libsystemd\.so\.0", "libsystemd0"),
    (r"libuuid\.so\.1", "libuuid1"),
    (r"libstdc\+\+\.so\.6", "libstdc++6"),
    (r"libgcc_s\.so\.1", "libgcc-s1"),
    (r"libatomic\.so\.1", "libatomic1"),
    (r"libcrypt\.so\.1", "libcrypt1"),
    (r"libpq\.so\.5", "libpq5"),
)


class StartupProblem(SuyuanError):  # noqa: N818 - what a person reads in the terminal is a problem with its mend, not an error
    """Something outside of the program keeps it from starting. The message is one line: what is wrong and what to do."""

    code: ClassVar[str] = "STARTUP_PROBLEM"
    status: ClassVar[int] = 503


class PortTaken(StartupProblem):
    """Somebody else listens on the port."""

    code: ClassVar[str] = "PORT_TAKEN"


class AlreadyRunning(StartupProblem):
    """Another live process of ours owns the state directory."""

    code: ClassVar[str] = "ALREADY_RUNNING"


def explain_loader(program: str, output: str) -> StartupProblem | None:
    """The problem behind the dynamic loader's refusal to load `program`, or None where `output` shows no such refusal."""
    if missing := _MISSING_LIBRARY.search(output):
        library = missing[1]
        package = _package_of(library)
        mend = f"install it with: apt-get install -y {package}" if package else "install the package that contains it"
        return StartupProblem(f"{program} can't start: this system lacks the library {library}; {mend}")
    if old := _OLD_LIBC.search(output):
        return StartupProblem(
            f"{program} can't start: it needs {old[1]}, and this system's C library is older; use Debian 12 or Ubuntu 22.04, or later."
        )
    return None


def _package_of(library: str) -> str | None:
    for pattern, package in _PACKAGES:
        if match := re.fullmatch(pattern + r"[\d.]*", library):
            return package.format(*match.groups())
    return None


def last_words(log: str, *, limit: int = 300) -> str:
    """The line of a server's log that most likely says why it stopped, cut to `limit` characters."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"FATAL|PANIC|ERROR|rror:|refused|denied|No space", line)]
    return (telling or lines or ["it said nothing"])[-1][-limit:]
