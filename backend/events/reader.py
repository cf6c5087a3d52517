"""The edge of capture: a document in any supported form becomes canonical events, or faults that say what to mend."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from backend.events import extraction
from backend.events.canonical import Action, CanonicalEvent, EventType
from backend.events.contexts import STANDARD_CONTEXT, STANDARD_SCOPE, Scope, read_context
from backend.events.documents import EVENT_TYPES, Document, read_envelope
from backend.events.event_hash import event_hash
from backend.events.faults import DocumentFaults, EventFaults, Fault
from backend.events.json_text import JsonText, copied, read_json
from backend.events.keys import content_sha256, event_key
from backend.events.timestamps import parse_timestamp
from backend.events.validation import ALL_FIELDS, event_type, validate
from backend.events.validation_values import Check
from backend.events.vocabulary import BUSINESS_STEP, DISPOSITION
from backend.events.xml_reader import read_xml
from infra.errors import SuyuanError
