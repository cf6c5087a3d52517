"""The validator: every fault of an EPCIS document in words, at its line, with what a good event would look like. It stores nothing."""
