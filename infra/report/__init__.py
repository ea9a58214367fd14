"""Diffs in the forms that people and programs read. Each form is a function of a `Diff` and changes nothing."""
