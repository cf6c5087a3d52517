"""What documents tell flows into the catalogue: every shared document, whose word counts, what is told again, what is defective."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.catalog import master_data, service
from backend.catalog.entries import Location, Partner, Product, ProductKind
from backend.catalog.telling import BUSINESS_LOCATION, EPC_CLASS, READ_POINT, SOURCE_DEST
from backend.catalog.vocabulary import Absorbed, absorb
from backend.catalog.vocabulary_reading import MOST_ELEMENTS
from backend.epcis.master_data import read_master_data
from backend.events.reader import Reading, read
from backend.services import Services
from infra.clock import now
from tenants.permissions import Permission, Role
from tenants.principal import Principal
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, SHOP, with_check_digit
from tests.firms import Firm
from tests.shared_data import SHARED_DATA, needs_shared_data

TOLD_AT = datetime(2026, 1, 10, tzinfo=UTC)
NAME = "urn:epcglobal:cbv:mda#name"
LINE = f"{PLANT}/254/L1"
DOCUMENTS = (
    "gs1-epcis/examples/xml/Mimasu/Example-masterData.xml",
    "epcis-implementations/openepcis/1.2/XML/Capture/Documents/EPCISDocument_with_comment.xml",
    "epcis-implementations/openepcis/1.2/XML/Capture/Documents/GS1_US_Pharma_Example_2_2_1_1.xml",
    "epcis-implementations/fastnt/requests-1.2/Capture/Masterdata.xml",
    # Its DOCTYPE is refused, and was taken out by whoever reads on.
    "gs1-epcis/examples/xml/WithFullCombinationOfFields/masterdata_all_possible_fields.xml",
)


def shared(path: str) -> Reading:
    """A shared document as capture reads it."""
    return read(Path(SHARED_DATA, path).read_bytes().replace(b"<!DOCTYPE project>", b""), "application/xml")


def element(identifier: str, children: Any = (), **attributes: Any) -> dict[str, Any]:
    """A vocabulary element with attributes of CBV."""
    told: dict[str, Any] = {"id": identifier}
    if attributes:
        told["attributes"] = [{"id": f"urn:epcglobal:cbv:mda#{name}", "attribute": value} for name, value in attributes.items()]
    return told | ({"children": list(children)} if children else {})


def vocabulary(kind: str, *elements: dict[str, Any]) -> dict[str, Any]:
    """A vocabulary."""
    return {"type": kind, "vocabularyElementList": list(elements)}


async def told(services: Services, principal: Principal, *vocabularies: dict[str, Any], told_at: datetime = TOLD_AT, **more: Any) -> Absorbed:
    """Absorb in a transaction."""
    return await services.in_tenant(principal.tenant_id, lambda tx: absorb(tx, principal, list(vocabularies), told_at=told_at, **more))


async def product(services: Services, firm: Firm, gtin: str) -> Product | None:
    """As the catalogue has it."""
    return (await services.in_tenant(firm.tenant_id, lambda tx: service.products_by_gtin(tx, [gtin]))).get(gtin)


async def location(services: Services, firm: Firm, place: str) -> Location:
    """As the catalogue has it."""
    return (await services.in_tenant(firm.tenant_id, lambda tx: service.locations_by_place(tx, [place])))[place]


async def everything(services: Services, firm: Firm) -> dict[tuple[str, str], master_data.FoundElement]:
    """All elements, with all that is told of them."""
    wanted = master_data.MasterDataQuery(include_attributes=True, include_children=True)
    found = await services.in_tenant(firm.tenant_id, lambda tx: master_data.find(tx, wanted, after=("", ""), limit=1_000))
    return {(each.vocabulary, each.captured): each for each in found}


@needs_shared_data
@pytest.mark.parametrize("path", DOCUMENTS)
async def test_all_that_shared_documents_tell_is_read_back(services: Services, firm: Firm, program: Principal, path: str) -> None:
    reading = shared(path)
    absorbed = await told(services, program, *reading.master_data)
    given = [(each["type"], told_element) for each in reading.master_data for told_element in each["vocabularyElementList"]]
    assert (absorbed.elements, absorbed.changed, absorbed.faults) == (len(given), len(given), ())
    found = await everything(services, firm)
    for kind, one in given:
        back = found[kind, one["id"]]
        assert back.attributes == one.get("attributes", [])
        assert len(back.children) >= len(one.get("children", []))
    assert len(found) == len(given)
    again = await told(services, program, *reading.master_data)
    assert (again.elements, again.changed) == (len(given), 0)


@needs_shared_data
async def test_products_places_and_addresses_of_a_header_are_named(services: Services, firm: Firm, program: Principal) -> None:
    absorbed = await told(services, program, *shared(DOCUMENTS[2]).master_data)
    assert (absorbed.products, absorbed.locations, absorbed.partners) == (2, 4, 0)
    found = await product(services, firm, with_check_digit("0030001012345"))
    assert found is not None
    assert (found.names, found.told, found.published) == ({"und": "Epcistra"}, False, False)
    place = await location(services, firm, f"https://id.gs1.org/414/{with_check_digit('030001111111')}")
    assert (place.names, place.undetermined) == ({"und": "GS1 Pharma"}, True)


@needs_shared_data
async def test_hierarchy_of_the_standards_example(services: Services, firm: Firm, program: Principal) -> None:
    await told(services, program, *shared(DOCUMENTS[0]).master_data)
    stem = "https://id.gs1.org/414/0037000007296"
    parents = {place: (await location(services, firm, f"{stem}/254/{place}")).parent_place for place in ("8201", "8202", "8203")}
    assert parents == {"8201": stem, "8202": stem, "8203": f"{stem}/254/8202"}


async def test_what_the_company_entered_is_not_overwritten_and_what_others_tell_is_kept_beside(
    services: Services, firm: Firm, buyer: Principal, program: Principal
) -> None:
    entered = Product(FLOUR, {"zh": "面粉", "en": "Flour"}, ProductKind.RAW, "KGM", published=True)
    await services.in_tenant(firm.tenant_id, lambda tx: service.put_products(tx, firm.principal, [entered]))
    named = {"tradeItemDescription": [{"@value": "Harina", "@language": "es"}, {"@value": "Wheat", "@language": "en"}], "brand": "Molino"}
    class_uri = f"urn:epc:idpat:sgtin:9506000.{FLOUR[0]}{FLOUR[8:13]}.*"
    absorbed = await told(services, buyer, vocabulary(EPC_CLASS, element(class_uri, **named)), sender="urn:epc:id:pgln:9521321.00001")
    assert (absorbed.changed, absorbed.products) == (1, 0)
    assert await product(services, firm, FLOUR) == entered
    [mine, theirs] = (await services.in_tenant(firm.tenant_id, lambda tx: master_data.told_of(tx, [f"https://id.gs1.org/01/{FLOUR}"]))).popitem()[1]
    assert (mine.own, theirs.own, theirs.teller) == (True, False, "Han Meimei (urn:epc:id:pgln:9521321.00001)")
    assert theirs.attributes[1] == {"id": "urn:epcglobal:cbv:mda#brand", "attribute": "Molino"}
    absorbed = await told(services, program, vocabulary(EPC_CLASS, element(f"https://id.gs1.org/01/{FLOUR}", **named)), told_at=now())
    assert absorbed.products == 1
    changed = await product(services, firm, FLOUR)
    assert changed is not None
    assert (changed.names, changed.published, changed.uom) == ({"zh": "面粉", "en": "Wheat", "es": "Harina"}, True, "KGM")


async def test_what_only_others_tell_names_things_until_the_company_does(services: Services, firm: Firm, buyer: Principal) -> None:
    first = vocabulary(EPC_CLASS, element(f"https://id.gs1.org/01/{FLOUR}", tradeItemDescription="Wheat flour T55"))
    second = vocabulary(EPC_CLASS, element(f"https://id.gs1.org/01/{FLOUR}", tradeItemDescription="Wheat flour T65"))
    await told(services, buyer, first)
    await told(services, buyer, second, told_at=TOLD_AT + timedelta(days=1))
    # What is late to come was true before, and not afterwards.
    late = vocabulary(EPC_CLASS, element(f"https://id.gs1.org/01/{FLOUR}", tradeItemDescription="Old"))
    await told(services, buyer, late, told_at=datetime(2025, 1, 1, tzinfo=UTC))
    found = await product(services, firm, FLOUR)
    assert found is not None
    assert (found.names, found.told) == ({"und": "Wheat flour T65"}, True)
    await services.in_tenant(firm.tenant_id, lambda tx: service.put_products(tx, firm.principal, [Product(FLOUR, {"en": "Flour"}, ProductKind.RAW)]))
    await told(services, buyer, first, told_at=now())
    assert (await product(services, firm, FLOUR)) == Product(FLOUR, {"en": "Flour"}, ProductKind.RAW)


async def test_parties_become_partners_with_an_address(services: Services, firm: Firm, buyer: Principal) -> None:
    address = {"streetAddressOne": "1 Main St", "city": "Ghent", "postalCode": "9000", "countryCode": "BE"}
    absorbed = await told(services, buyer, vocabulary(SOURCE_DEST, element(CUSTOMER, name="Bakker", **address)))
    assert absorbed.partners == 1
    found = await services.in_tenant(firm.tenant_id, lambda tx: service.partners_by_party(tx, [CUSTOMER]))
    assert found[CUSTOMER] == Partner(CUSTOMER, {"und": "Bakker"}, supplier=False, customer=False, address="1 Main St, Ghent, 9000, BE", told=True)


async def test_whose_a_told_place_is_stays_open_unless_the_company_says_it_of_its_own(
    services: Services, firm: Firm, buyer: Principal, program: Principal
) -> None:
    plant = Location(PLANT, {"en": "Plant"}, "plant", own=True, time_zone="Asia/Shanghai")
    await services.in_tenant(firm.tenant_id, lambda tx: service.put_locations(tx, firm.principal, [plant]))
    await told(services, buyer, vocabulary(BUSINESS_LOCATION, element(SHOP, (LINE,), name="Shop"), element(PLANT, (SHOP,), name="Theirs")))
    shop = await location(services, firm, SHOP)
    assert (shop.undetermined, shop.told, shop.parent_place) == (True, True, PLANT)
    assert await location(services, firm, PLANT) == plant
    line = vocabulary(READ_POINT, element(f"{PLANT}/254/L2", name="Line 2"))
    await told(services, program, line)
    own = await location(services, firm, f"{PLANT}/254/L2")
    assert (own.own, own.undetermined, own.parent_place, own.time_zone) == (True, False, PLANT, "Asia/Shanghai")


async def test_a_document_that_puts_a_place_into_itself_is_told_so_and_kept_otherwise(services: Services, firm: Firm, program: Principal) -> None:
    absorbed = await told(
        services, program, vocabulary(BUSINESS_LOCATION, element(PLANT, (SHOP,), name="Plant"), element(SHOP, (PLANT,), name="Shop"))
    )  # fmt: skip
    [fault] = absorbed.faults
    assert (fault.path, absorbed.locations) == ("$.epcisHeader.epcisMasterData.vocabularyList[0].vocabularyElementList[1].children", 2)
    assert (await location(services, firm, PLANT)).parent_place is None
    assert (await location(services, firm, SHOP)).parent_place == PLANT


async def test_faults_name_path_rule_and_mend_and_the_rest_is_kept(services: Services, firm: Firm, program: Principal) -> None:
    broken = {
        "type": EPC_CLASS,
        "vocabularyElementList": [
            element("https://id.gs1.org/01/09506000134308", tradeItemDescription="Wrong digit"),
            {"id": "no uri"},
            {
                "id": f"https://id.gs1.org/01/{FLOUR}",
                "attributes": [{"id": "x"}, {"id": NAME, "attribute": "y" * 20_000}, {"id": NAME, "attribute": "Flour"}],
            },
            element(f"https://id.gs1.org/01/{DUMPLING}", **{f"a{number}": number for number in range(201)}),
        ],
    }  # fmt: skip
    absorbed = await told(services, program, broken, {"type": "no uri"})
    path = "$.epcisHeader.epcisMasterData.vocabularyList"
    assert [fault.path.removeprefix(path) for fault in absorbed.faults] == [
        "[0].vocabularyElementList[0].id", "[0].vocabularyElementList[1].id", "[0].vocabularyElementList[2].attributes[0].id",
        "[0].vocabularyElementList[2].attributes[1]", "[0].vocabularyElementList[3].attributes", "[1].type",
    ]  # fmt: skip
    assert all(fault.rule and fault.mend for fault in absorbed.faults)
    assert (absorbed.elements, absorbed.changed) == (3, 3)
    found = await product(services, firm, FLOUR)
    assert found is not None
    assert found.names == {"und": "Flour"}
    assert (EPC_CLASS, "https://id.gs1.org/01/09506000134308") in await everything(services, firm)


@pytest.mark.parametrize("role", [Role.PARTNER, Role.WORKER])
async def test_whoever_may_not_write_the_catalogue_is_told_so_and_nothing_is_kept(services: Services, firm: Firm, role: Role) -> None:
    absorbed = await told(services, firm.as_role(role), vocabulary(EPC_CLASS, element(f"https://id.gs1.org/01/{FLOUR}", brand="B")))
    assert (absorbed.elements, len(absorbed.faults)) == (0, 1)
    assert await everything(services, firm) == {}


async def test_a_catalogue_that_counts_at_a_site_only_takes_no_documents(services: Services, firm: Firm, buyer: Principal) -> None:
    limited = Principal(**{name: getattr(buyer, name) for name in buyer.__slots__} | {"sites": {Permission.CATALOG_WRITE: frozenset({PLANT})}})
    absorbed = await told(services, limited, vocabulary(BUSINESS_LOCATION, element(PLANT, name="Ours now")))
    assert (absorbed.elements, len(absorbed.faults)) == (0, 1)


async def test_a_document_as_large_as_they_may_be_is_kept_and_one_beyond_is_cut(services: Services, firm: Firm, program: Principal) -> None:
    many = [element(f"https://example.com/machines/{number}", name=str(number)) for number in range(MOST_ELEMENTS + 1)]
    absorbed = await told(services, program, vocabulary("https://example.com/machines", *many))
    assert (absorbed.elements, absorbed.changed, len(absorbed.faults)) == (MOST_ELEMENTS, MOST_ELEMENTS, 1)
    page = await services.in_tenant(firm.tenant_id, lambda tx: master_data.elements_having(tx, "cbvmda:name", ["17"]))
    assert page == ["https://example.com/machines/17"]


async def test_a_told_place_opens_nothing_to_whoever_is_limited_to_a_site(services: Services, firm: Firm, buyer: Principal) -> None:
    from backend.catalog.sites import sites_within

    await told(services, buyer, vocabulary(BUSINESS_LOCATION, element(PLANT, (SHOP,)), element(SHOP, name="Shop")))
    sites = await services.in_tenant(firm.tenant_id, lambda tx: sites_within(tx, [PLANT]))
    assert not sites.cover(SHOP)


def test_gs1_web_vocabulary_is_read_by_digital_link_and_by_key() -> None:
    graph = b"""{"@context": {"gs1": "https://gs1.org/voc/"}, "@graph": [
      {"@type": "gs1:Product", "@id": "https://example.com/01/09506000134307", "gs1:productName": {"@value": "Mehl", "@language": "de"}},
      {"@type": "gs1:Place", "globalLocationNumber": "9506000134000", "gs1:address": {"gs1:addressLocality": "Ghent"}},
      {"@type": "gs1:Organization", "@id": "https://id.gs1.org/417/9506000134024", "gs1:organizationName": "Bakker"}]}"""
    document = read_master_data(graph, "application/ld+json")
    assert [(each["type"], each["vocabularyElementList"][0]["id"]) for each in document.vocabularies] == [
        (EPC_CLASS, "https://example.com/01/09506000134307"), (BUSINESS_LOCATION, PLANT), (SOURCE_DEST, CUSTOMER),
    ]  # fmt: skip
