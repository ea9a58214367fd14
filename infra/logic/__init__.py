"""Finite logic: formulas over attributes with finitely many distinguishable values, and two ways to decide them."""

from infra.logic.diagrams import EMPTY, FULL, Assignment, Diagrams, TooLargeError
from infra.logic.formulas import ALWAYS, NEVER, Attribute, Every, Formula, Is, Not, Some, attributes

__all__ = [
    "ALWAYS",
    "EMPTY",
    "FULL",
    "NEVER",
    "Assignment",
    "Attribute",
    "Diagrams",
    "Every",
    "Formula",
    "Is",
    "Not",
    "Some",
    "TooLargeError",
    "attributes",
]
