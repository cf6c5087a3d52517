"""The FDA's food traceability rule (21 CFR part 1, subpart S): which foods, which records, what they lack, and the sheet that the FDA asks for."""
