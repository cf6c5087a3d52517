"""Papers about one thing: the dossier of a lot, the certificate of its analysis, the 8D report of a corrective action."""
