"""What is said about a test that does not hold: who shows it, what decides about them, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from infra.access.exclusive import assumption
from infra.estate import InSnowflake
from infra.holds.claims import called, is_one, listed
from infra.holds.evaluate import Finding
from infra.holds.nearest import nearest
from infra.holds.outcomes import Outcome, Outcomes
from infra.problems import Problem, Related

INSTALL = "install the extra `sat` (`pip install 'gatehouse[sat]'`), or split the app's policies"


def problems_of(outcomes: Outcomes, number: int | None = None) -> Iterator[Problem]:
    """Each claim that does not hold, and as a warning each that held until an entry ended; of all tests or of one."""
    for one in outcomes.found if number is None else outcomes.of(number):
        if one.finding.status != "held":
            yield _problem(one, outcomes.today)


def untested(outcomes: Outcomes) -> Iterator[Problem]:
    """Each app that no test names."""
    for app in outcomes.untested:
        advice = ("say who reaches it, or who never does, under `tests`",)
        yield Problem("untested", f"no test names `{app.name}`", app.span, advice=advice)


def _problem(one: Outcome, today: date) -> Problem:
    finding = one.finding
    claim = finding.claim
    advice = [*([f"in {listed(one.where)}"] if one.where else []), *_advice(finding)]
    if finding.status == "undecided":
        message = f"it is not decided whether this holds of `{claim.app}`: its rules are too large"
        return Problem("test-failed", message, claim.span, advice=(*advice, INSTALL))
    if finding.vacuous and claim.test.who:
        message = f"there is nobody like this: {called(claim.test.who)}"
        return Problem("test-failed", message, claim.test.at["who"], "so this says nothing", advice=tuple(advice))
    entry = finding.entry
    if finding.status == "lapsed" and entry:
        message = f"{_message(finding)} any more"
        ended = Related(entry.at.span, f"this ended on {entry.expires}")
        advice = ["remove the test, or give the entry a new day"]
        return Problem("test-lapsed", message, claim.span, _label(finding), (ended,), tuple(advice), "warning")
    related = tuple(_related(finding, today))
    return Problem("test-failed", _message(finding), claim.span, _label(finding), related, tuple(advice))


def _related(finding: Finding, today: date) -> Iterator[Related]:
    """The entry that decides about the witness, or the one that nearly lets them in."""
    if finding.entry:
        yield Related(finding.entry.at.span, "this lets them in" if finding.enters else "this turns them away")
    elif finding.claim.verb == "must" and finding.witness and not finding.enters:
        yield nearest(finding.claim, finding.app, finding.witness, today)


def _message(finding: Finding) -> str:
    claim, witness = finding.claim, finding.witness
    app, reason = f"`{claim.app}`", claim.test.reason
    if witness is None:
        who = called(claim.test.who) if claim.test.who else "anybody"
        by = f" by an entry with the reason `{reason}`" if reason else ""
        return f"there is no way into {app} for {who}{by}"
    who = _who(finding)
    if claim.verb == "mfa_everywhere":
        return f"{who} reaches {app} without a second factor"
    if finding.enters:
        return f"{who} reaches {app}{', but not for this reason' if claim.verb == 'must' else ''}"
    if claim.verb == "must":
        return f"{who} does not reach {app}"
    return f"{who} is turned away from {app}, but not for this reason"


def _who(finding: Finding) -> str:
    witness, claim = finding.witness, finding.claim
    assert witness is not None  # noqa: S101 - asked for where there is one
    words = [word for word in witness.words if claim.verb != "mfa_everywhere" or "second factor" not in word]
    if isinstance(finding.app.home, InSnowflake) and not witness.roles:
        words = ["somebody who holds none of the app's roles"]
    said = ", ".join(words)
    return f"{said}," if "," in said else said


def _label(finding: Finding) -> str:
    test, verb = finding.claim.test, finding.claim.verb
    if verb == "reach":
        return f"`only` says that nobody but {listed(test.only)} does"
    if test.who is None:
        return f"`{verb}` says that nobody does"
    who, one = called(test.who), is_one(test.who)
    said = {
        "may": f"{who} can reach it" if one else f"some of {who} reach it",
        "must": f"{who} always reaches it" if one else f"all of {who} reach it",
        "never": f"{who} does not reach it" if one else f"none of {who} reaches it",
    }[verb]
    because = f", because of `{test.reason}`" if test.reason else ""
    return f"`{verb}`: {said}{because}"


def _advice(finding: Finding) -> Iterator[str]:
    claim, witness, app = finding.claim, finding.witness, finding.app
    if finding.assuming:
        yield assumption(finding.assuming)
    if claim.verb == "mfa_everywhere" and witness:
        if isinstance(app.home, InSnowflake):
            yield "Snowflake has a login of its own, and `access` cannot ask for a second factor there"
        elif witness.person and witness.person.provider in _silent(finding):
            yield f"`{witness.person.provider}` never says whether a second factor was used"
        yield f"write `require: [mfa]` where that can be enforced, or `except: [{claim.app}]` here"
    elif witness and not claim.test.reason and (witness.roles or not isinstance(app.home, InSnowflake)):
        yield from _apart(finding)
        yield "the same about them alone:"
        yield from witness.as_test("must" if claim.verb == "must" else "never", claim.app).split("\n")
    elif finding.vacuous and not finding.assuming:
        yield "a person signs in with one provider, of which not every one reports a second factor"


def _silent(finding: Finding) -> set[str]:
    providers = {item.provider for entry in finding.app.access for item in entry.departments}
    return {item.name for item in providers if not item.reports_mfa}


def _apart(finding: Finding) -> Iterator[str]:
    """What to write if nobody is in two departments that the witness is in."""
    who, witness = finding.claim.test.who, finding.witness
    if finding.claim.verb == "never" and who and witness:
        others = [name for name in witness.departments if name not in who.department]
        if who.department and others:
            yield f"if nobody is in both, say so: `exclusive: [[{who.department[0]}, {others[0]}]]`"
