"""The events of a recall's scope as an EPCIS document, with the master data that they name."""
