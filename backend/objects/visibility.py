"""Which objects somebody meets who is limited to sites, as a condition of statements on objects."""

from backend.catalog.sites import OPEN, Fence, Sites, inside


def visible(sites: Sites | None, column: str, *, at: int) -> Fence:
    """Objects, by the id in `column`, that an event in force at the sites names: them, their lot, or a unit of theirs.

    Each is looked up by the object, through the primary key of `event_object`; the values stand from `$at` on.
    """
    if sites is None:
        return OPEN
    here = inside(sites, ("e.read_point", "e.biz_location"), at=at)
    named = f"""join event_object eo on eo.tenant_id = $1 and eo.object_id = kin.object_id
        join event e on e.tenant_id = $1 and e.event_id = eo.event_id and e.superseded_by is null and e.declared_at is null{here.condition}"""
    kin = (
        f"(select {column} as object_id)",
        f"""(select m.lot_id as object_id from unit_membership m
             where m.tenant_id = $1 and m.unit_id = {column} and m.superseded_by is null)""",
        f"""(select m.unit_id as object_id from unit_membership m
             where m.tenant_id = $1 and m.lot_id = {column} and m.superseded_by is null)""",
    )
    tests = " or ".join(f"exists (select 1 from {of} kin {named})" for of in kin)
    return Fence(f" and ({tests})", here.values)
