"""What a recall reaches: suspect inputs, affected goods and where they are, who received them; frozen as announced, and what came since."""
