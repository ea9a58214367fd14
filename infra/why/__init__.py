"""Why somebody enters one app or does not: entry by entry, and for all circumstances at once."""
