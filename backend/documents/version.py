"""Which version of the service makes a document: that of `pyproject.toml`, whatever the working copy it runs from."""

import tomllib
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Final

import infra

NAME: Final = "Suyuan"
# Of an image, which has no `pyproject.toml`; a test holds it to that file.
VERSION: Final = "0.1.0"


@lru_cache(maxsize=1)
def generator() -> str:
    """ "Suyuan 0.1.0"."""
    return f"{NAME} {_version()}"


def _version() -> str:
    try:
        told = tomllib.loads((Path(infra.__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
        return str(told["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        pass
    try:
        return metadata.version("suyuan")
    except metadata.PackageNotFoundError:
        return VERSION
