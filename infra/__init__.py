"""The ground floor: what any service needs and no word of this product's trade."""
