"""The sandbox beside a company's live data: a tenant of its own, entered from the company, thrown away and made anew at will."""
