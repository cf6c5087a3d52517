"""What kinds of documents there are, how far one is, and what one is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final


class DocumentKind(IntEnum):
    """The numbers are stored and never change."""

    RECALL_REPORT = 1
    CUSTOMER_NOTICE = 2
    REGULATOR_NOTICE = 3
    LOT_DOSSIER = 4
    FSMA204_SHEET = 5
    SCOPE_EPCIS_JSON = 6
    SCOPE_EPCIS_XML = 7
    CERTIFICATE_OF_ANALYSIS = 8
    EIGHT_D_REPORT = 9
    EFFECTIVENESS_REPORT = 10


class DocumentState(IntEnum):
    """How far a document is; the numbers are stored and never change. An expired one has no file any more."""

    QUEUED = 1
    MAKING = 2
    READY = 3
    FAILED = 4
    EXPIRED = 5
    CANCELLED = 6


OPEN: Final = (DocumentState.QUEUED, DocumentState.MAKING)
LANGUAGES: Final = ("zh-CN", "en")
_TITLES: Final[Mapping[DocumentKind, tuple[str, str]]] = {
    DocumentKind.RECALL_REPORT: ("召回报告", "Recall report"),
    DocumentKind.CUSTOMER_NOTICE: ("客户召回通知书", "Recall notice to a customer"),
    DocumentKind.REGULATOR_NOTICE: ("召回计划（报监管部门）", "Recall submission to the authority"),
    DocumentKind.LOT_DOSSIER: ("批次档案", "Lot dossier"),
    DocumentKind.FSMA204_SHEET: ("FSMA 204 可排序电子表格", "FSMA 204 electronic sortable spreadsheet"),
    DocumentKind.SCOPE_EPCIS_JSON: ("召回范围 EPCIS（JSON-LD）", "EPCIS events of a recall's scope (JSON-LD)"),
    DocumentKind.SCOPE_EPCIS_XML: ("召回范围 EPCIS（XML）", "EPCIS events of a recall's scope (XML)"),
    DocumentKind.CERTIFICATE_OF_ANALYSIS: ("检验报告书（COA）", "Certificate of analysis"),
    DocumentKind.EIGHT_D_REPORT: ("8D 报告", "8D report"),
    DocumentKind.EFFECTIVENESS_REPORT: ("召回有效性报告", "Recall effectiveness report"),
}


def title_of(kind: DocumentKind, language: str) -> str:
    """What a kind is called; `language` a tag such as "zh-CN" or "en"."""
    return _TITLES[kind][0 if language.startswith("zh") else 1]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a document is about: `reference` as public references are written ("recall:0190…", a key), `parameters` what its kind takes besides."""

    kind: DocumentKind
    reference: str
    parameters: Mapping[str, str] = field(default_factory=dict)
