"""The EPCIS 2.0 REST binding: capture and queries as the standard says them."""
