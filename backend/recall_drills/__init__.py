"""Mock recalls on real data: timed, scored, concluded with a signature, and due again. They touch no customer and no goods."""
