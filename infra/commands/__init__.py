"""The commands of `gatehouse`, one module each."""
