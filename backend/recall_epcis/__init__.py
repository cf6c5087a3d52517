"""A recall in EPCIS: the events of its scope as a document, with the master data that they name; and what was announced as events."""
