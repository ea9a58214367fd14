"""Finite logic: formulas over attributes with finitely many distinguishable values, and two ways to decide them."""

from infra.logic.diagrams import Assignment, Diagrams
from infra.logic.formulas import ALWAYS, NEVER, Attribute, Every, Formula, Is, Not, Some, attributes
from infra.logic.sets import EMPTY, FULL, TooLargeError

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
