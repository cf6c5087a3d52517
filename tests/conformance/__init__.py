"""Plays a folder of EPCIS documents against a running service and says whether each verdict of its `expectations.csv` is met."""
