"""Electronic signatures: a name, a meaning and a reason under the hash of what was signed, proved with password and code."""
