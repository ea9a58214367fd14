"""The kit of this example."""
