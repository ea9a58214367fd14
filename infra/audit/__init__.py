"""Access reviews: who may enter what, by which entry, since which commit, with room for a reviewer's decision."""
