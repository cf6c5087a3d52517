"""Pages for people without an account: what all of them share, be it a supplier's, a customer's or a consumer's."""
