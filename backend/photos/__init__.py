"""Photos and certificates: uploaded into quarantine, checked there, kept re-encoded without any metadata, read by short-lived addresses."""
