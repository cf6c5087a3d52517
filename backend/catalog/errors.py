"""Refusals of what reaches beyond the sites that a permission is limited to."""

from infra.errors import SuyuanError


class OutsideSitesError(SuyuanError):
    """The caller may do this, but not there. The answer is the same for a place that doesn't exist."""

    code = "OUTSIDE_SITES"
    status = 403

    def __init__(self, what: str, *, field: str) -> None:
        super().__init__(
            f"{what} Your permission counts at your own sites only; have it done by somebody of the site, or ask for a grant.", field=field
        )
