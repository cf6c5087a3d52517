"""The passwords, words and names that are tried first: zxcvbn's frequency lists, read when the first password is chosen."""

from functools import lru_cache
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from typing import Final

_LISTS: Final = ("passwords", "english_wikipedia", "us_tv_and_film", "female_names", "male_names", "surnames")
# A shorter one is refused for its length.
_SHORTEST: Final = 4


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """About 70,000 entries, in a twentieth of a second. The lists are loaded as a file: the package would build its whole matcher."""
    package = find_spec("zxcvbn")
    if package is None or package.origin is None:
        raise RuntimeError("the package zxcvbn is not installed: without its lists no password can be judged")
    loader = SourceFileLoader("suyuan_frequency_lists", str(Path(package.origin).with_name("frequency_lists.py")))
    spec = spec_from_loader(loader.name, loader)
    if spec is None:
        raise RuntimeError("the frequency lists of zxcvbn can't be read")
    lists = module_from_spec(spec)
    loader.exec_module(lists)
    return frozenset(word for name in _LISTS for word in lists.FREQUENCY_LISTS[name] if len(word) >= _SHORTEST)


def contains(folded: str) -> bool:
    """Whether a case-folded text is one of them as a whole."""
    return folded in _known()
