"""Consumers who want to be told of recalls: their requests, confirmed by e-mail, and the mails that they get."""
