"""Notices of recalls: told to customers by mail, page, letter and from company to company, and what they answer."""
