"""Search: whatever somebody types, found among all that goods are known by; and objects by what their events say."""
