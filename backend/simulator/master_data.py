"""The master data of a simulated manufacturer: products, locations and partners, and the registry that numbers them."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from backend.simulator.gs1_keys import gln13, gtin14, place_key

PIECES = "H87"  # UN/ECE Recommendation 20; EPCIS leaves the unit of measure out where things are counted
ONE_PIECE = Decimal(1)
ONE_GRAM = Decimal("0.001")


class ProductKind(StrEnum):
    RAW = "raw"
    INTERMEDIATE = "intermediate"
    FINISHED = "finished"


class LocationKind(StrEnum):
    PLANT = "plant"
    LINE = "line"
    WAREHOUSE = "warehouse"
    DOCK = "dock"
    LABORATORY = "laboratory"
    PARTNER_SITE = "partner_site"


class PartnerRole(StrEnum):
    OWN = "own"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Product:
    gtin: str
    name_zh: str
    name_en: str
    unit_of_measure: str
    kind: ProductKind
    shelf_life_days: int | None
    company_prefix: str
    lot_tracked: bool = True

    @property
    def counted(self) -> bool:
        return self.unit_of_measure == PIECES

    @property
    def smallest(self) -> Decimal:
        """What quantities of it are rounded to."""
        return ONE_PIECE if self.counted else ONE_GRAM


@dataclass(frozen=True, slots=True)
class Location:
    """`key` is the canonical path (`414/…` or `414/…/254/…`); `parent` the key of the place that it is a part of."""

    gln: str
    extension: str | None
    name_zh: str
    name_en: str
    kind: LocationKind
    parent: str | None
    owner_gln: str
    own: bool
    time_zone: str
    company_prefix: str

    @property
    def key(self) -> str:
        return place_key(self.gln, self.extension)


@dataclass(frozen=True, slots=True)
class Partner:
    gln: str
    name_zh: str
    name_en: str
    role: PartnerRole
    address_zh: str
    address_en: str
    site: Location
    company_prefix: str


@dataclass(frozen=True, slots=True)
class MasterData:
    company: Partner
    products: tuple[Product, ...]
    locations: tuple[Location, ...]
    partners: tuple[Partner, ...]

    @property
    def suppliers(self) -> tuple[Partner, ...]:
        return tuple(partner for partner in self.partners if partner.role is PartnerRole.SUPPLIER)

    @property
    def customers(self) -> tuple[Partner, ...]:
        return tuple(partner for partner in self.partners if partner.role is PartnerRole.CUSTOMER)


@dataclass(frozen=True, slots=True)
class Site:
    """The manufacturer's own plant, as every industry has it."""

    plant: Location
    inbound_dock: Location
    raw_store: Location
    lines: tuple[Location, ...]
    laboratory: Location
    finished_store: Location
    outbound_dock: Location


@dataclass(slots=True)
class Registry:
    """Numbers products, places and partners under their companies' prefixes.

    Prefix 952 is set aside by GS1 for demonstrations, so no number belongs to a real firm.
    """

    own_prefix: str
    time_zone: str
    products: list[Product] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)
    partners: list[Partner] = field(default_factory=list)
    company: Partner | None = None
    _references: dict[str, int] = field(default_factory=dict)

    def _next_reference(self, company_prefix: str, what: str) -> int:
        counter = f"{company_prefix}/{what}"
        self._references[counter] = self._references.get(counter, 0) + 1
        return self._references[counter]

    def _partner(self, prefix: str, role: PartnerRole, names: tuple[str, str], addresses: tuple[str, str]) -> Partner:
        gln = gln13(prefix, self._next_reference(prefix, "gln"))
        own = role is PartnerRole.OWN
        kind = LocationKind.PLANT if own else LocationKind.PARTNER_SITE
        site = Location(gln, None, *names, kind, None, gln, own, self.time_zone, prefix)
        self.locations.append(site)
        return Partner(gln, *names, role, *addresses, site, prefix)

    def name_company(self, names: tuple[str, str], addresses: tuple[str, str]) -> Partner:
        self.company = self._partner(self.own_prefix, PartnerRole.OWN, names, addresses)
        return self.company

    def add_supplier(self, prefix: str, names: tuple[str, str], addresses: tuple[str, str]) -> Partner:
        partner = self._partner(prefix, PartnerRole.SUPPLIER, names, addresses)
        self.partners.append(partner)
        return partner

    def add_customer(self, prefix: str, names: tuple[str, str], addresses: tuple[str, str]) -> Partner:
        partner = self._partner(prefix, PartnerRole.CUSTOMER, names, addresses)
        self.partners.append(partner)
        return partner

    def add_product(
        self,
        names: tuple[str, str],
        kind: ProductKind,
        *,
        unit_of_measure: str = PIECES,
        shelf_life_days: int | None = None,
        supplier: Partner | None = None,
        lot_tracked: bool = True,
    ) -> Product:
        prefix = supplier.company_prefix if supplier else self.own_prefix
        gtin = gtin14(prefix, self._next_reference(prefix, "gtin"))
        product = Product(gtin, *names, unit_of_measure, kind, shelf_life_days, prefix, lot_tracked)
        self.products.append(product)
        return product

    def add_place(self, names: tuple[str, str], kind: LocationKind, parent: Location, extension: str | None) -> Location:
        """A part of the own plant: under the parent's GLN with an extension, or with a GLN of its own."""
        gln = parent.gln if extension else gln13(self.own_prefix, self._next_reference(self.own_prefix, "gln"))
        place = Location(gln, extension, *names, kind, parent.key, parent.owner_gln, True, self.time_zone, self.own_prefix)
        self.locations.append(place)
        return place

    def add_site(self, company: Partner, line_names: tuple[tuple[str, str], ...]) -> Site:
        plant = company.site
        raw_store = self.add_place(("原料仓库", "Raw material warehouse"), LocationKind.WAREHOUSE, plant, None)
        finished_store = self.add_place(("成品仓库", "Finished goods warehouse"), LocationKind.WAREHOUSE, plant, None)
        return Site(
            plant=plant,
            inbound_dock=self.add_place(("收货月台", "Receiving dock"), LocationKind.DOCK, raw_store, "DOCK-IN"),
            raw_store=raw_store,
            lines=tuple(self.add_place(names, LocationKind.LINE, plant, f"L{number}") for number, names in enumerate(line_names, start=1)),
            laboratory=self.add_place(("质检室", "Quality laboratory"), LocationKind.LABORATORY, plant, "QC"),
            finished_store=finished_store,
            outbound_dock=self.add_place(("发货月台", "Shipping dock"), LocationKind.DOCK, finished_store, "DOCK-OUT"),
        )

    def master_data(self) -> MasterData:
        if self.company is None:
            raise ValueError("The industry named no company: call name_company first.")
        return MasterData(self.company, tuple(self.products), tuple(self.locations), tuple(self.partners))
