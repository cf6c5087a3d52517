"""Named queries of the event log, and subscriptions that report what they find (EPCIS 2.0 §8.2.5 to §8.2.7, §12.8)."""
