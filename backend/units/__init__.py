"""Units of measure by their UN/CEFACT Recommendation 20 codes: one table of factors, for quantities of goods and for what sensors report."""
