"""How a thing is written on an event: Digital Link under the manufacturer's host or GS1's, or EPC URN."""

from enum import Enum, auto

from backend.simulator import gs1_keys
from backend.simulator.ledger import LogisticUnit, Lot, Unit
from backend.simulator.master_data import Location, Partner, Product

GS1_HOST = "https://id.gs1.org"


class Form(Enum):
    LINK = auto()
    LINK_WITH_LOT = auto()
    URN = auto()


class Identification:
    """Own keys stand under the manufacturer's own host, foreign ones under GS1's, so a reader must bring both together."""

    def __init__(self, base: str, own_prefix: str) -> None:
        self.base = base
        self._own_prefix = own_prefix

    def _link(self, company_prefix: str, key: str) -> str:
        return f"{self.base if company_prefix == self._own_prefix else GS1_HOST}/{key}"

    def lot(self, lot: Lot, form: Form = Form.LINK) -> str:
        if form is Form.URN:
            return gs1_keys.lgtin_urn(lot.product.gtin, lot.product.company_prefix, lot.number)
        return self._link(lot.product.company_prefix, lot.key)

    def unit(self, unit: Unit, form: Form = Form.LINK) -> str:
        if form is Form.URN:
            return gs1_keys.sgtin_urn(unit.product.gtin, unit.product.company_prefix, unit.serial)
        if form is Form.LINK_WITH_LOT and unit.lot is not None:
            serial = gs1_keys.encode_path_segment(unit.serial)
            return self._link(unit.product.company_prefix, f"{unit.lot.key}/21/{serial}")
        return self._link(unit.product.company_prefix, unit.key)

    def logistic_unit(self, unit: LogisticUnit, form: Form = Form.LINK) -> str:
        if form is Form.URN:
            return gs1_keys.sscc_urn(unit.sscc, unit.company_prefix)
        return self._link(unit.company_prefix, unit.key)

    def packed(self, item: Unit | LogisticUnit, form: Form = Form.LINK) -> str:
        return self.unit(item, form) if isinstance(item, Unit) else self.logistic_unit(item, form)

    def product_class(self, product: Product) -> str:
        return self._link(product.company_prefix, f"01/{product.gtin}")

    def place(self, place: Location, form: Form = Form.LINK) -> str:
        if form is Form.URN:
            return gs1_keys.sgln_urn(place.gln, place.company_prefix, place.extension)
        return self._link(place.company_prefix, place.key)

    def party(self, partner: Partner, form: Form = Form.LINK) -> str:
        if form is Form.URN:
            return gs1_keys.pgln_urn(partner.gln, partner.company_prefix)
        return self._link(partner.company_prefix, f"417/{partner.gln}")

    def asset(self, reference: str) -> str:
        """An own machine or instrument (GIAI)."""
        return self._link(self._own_prefix, f"8004/{self._own_prefix}{reference}")

    def transaction(self, partner: Partner, number: str) -> str:
        """CBV 2.0 §8.5.2: a document of the partner who numbered it."""
        return f"urn:epcglobal:cbv:bt:{partner.gln}:{number}"
