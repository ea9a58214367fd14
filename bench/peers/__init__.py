"""Others who can say whether a change lets somebody in, for the benchmark and for the tests."""
