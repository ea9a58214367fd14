"""Rules about `tests` and `exclusive`: each test says one thing, about names that exist."""

from __future__ import annotations

from infra.checks.scope import Scope
from infra.checks.values import check_country, check_network
from infra.estate import Department
from infra.problems import Related, did_you_mean
from infra.records import check_declared
from infra.schema.expectations import Expectation, Who
from infra.schema.words import TAG
from infra.shapes import Word

_CLAIMS = ("may", "must", "never")
_SUBJECTS = ("who", "only", "no_public", "mfa_everywhere")
_FORMS = (
    "`who` with `may`, `must` or `never`, and perhaps `reason`",
    "`only` with `reach`",
    "`no_public: true`, perhaps with `except`",
    "`mfa_everywhere: true`, perhaps with `except`",
)


def check_expectations(scope: Scope) -> None:
    """Ensure that each test has one subject, a claim about it, and known names."""
    for test in scope.file.tests:
        _check_form(scope, test)
        for word in (*(word for _, words in test.claims for word in words), *test.except_):
            _check_app_or_tag(scope, word)
        for word in test.only:
            if "@" not in word and scope.file.machines.lacks(word):
                check_declared("department", word, scope.file.departments, scope.problems)
        if test.who:
            _check_who(scope, test.who)
        if test.reason:
            _check_reason(scope, test.reason)


def check_exclusive(scope: Scope) -> None:
    """Ensure that `exclusive` sets departments apart that can be: what makes somebody a member of one makes
    nobody a member of the other."""
    for words in scope.file.exclusive:
        if len(set(words)) < 2:
            message = f"`exclusive` sets departments apart, and `{words[0]}` is alone"
            advice = ("name those of which nobody is in two",)
            scope.problems.add("bad-exclusive", message, words[0].span, advice=advice)
    places = {str(word): word.span for words in scope.file.exclusive for word in words}
    for one, other in scope.estate.exclusive:
        if shared := _shared(one, other) or _shared(other, one):
            message = f"somebody can be in both `{one.name}` and `{other.name}`"
            label = f"{shared} is in both"
            related = (Related(other.at.span, "the other one"),)
            scope.problems.add("bad-exclusive", message, places[one.name], label=label, related=related)


def _shared(one: Department, other: Department) -> str:
    """What makes somebody a member of both, as far as it is written."""
    if one.provider != other.provider:
        return ""
    groups = [group.name for group in one.groups if group.id in {item.id for item in other.groups}]
    people = [email for email in one.emails if email in other.emails or email.rpartition("@")[2] in other.domains]
    domains = [f"everybody of {domain}" for domain in one.domains if domain in other.domains]
    claims = [f"{one.claim.name} {one.claim.value}"] if one.claim and one.claim == other.claim else []
    return next(iter((*groups, *people, *domains, *claims)), "")


def _check_app_or_tag(scope: Scope, word: Word) -> None:
    if not word.startswith(TAG):
        check_declared("app", word, scope.file.apps, scope.problems)
        return
    tags = sorted({f"{TAG}{tag}" for app in scope.file.apps.values() for tag in app.tags})
    if word not in tags and scope.file.apps.is_whole:
        message = f"no app has the tag `{word.removeprefix(TAG)}`"
        advice = did_you_mean(word, tags) or ("write `tags: [NAME]` at an app",)
        scope.problems.add("unknown-tag", message, word.span, advice=advice)


def _check_who(scope: Scope, who: Who) -> None:
    for word in who.department:
        check_declared("department", word, scope.file.departments, scope.problems)
    if who.provider and scope.file.identity:
        check_declared("provider", who.provider, scope.file.identity.providers, scope.problems)
    if who.machine:
        check_declared("machine", who.machine, scope.file.machines, scope.problems)
    for word in (*who.device, *who.without_device):
        check_declared("device", word, scope.file.devices, scope.problems)
    if who.country:
        check_country(who.country, scope.problems)
    if who.ip:
        check_network(who.ip, scope.problems)
    kinds = [kind for kind in ("machine", "anybody") if getattr(who, kind)]
    kinds += [kind for kind in ("department", "email", "provider", "mfa") if getattr(who, kind) not in (None, ())]
    if who.anybody is False:
        scope.problems.add("bad-test", "`anybody: false` says nothing", who.at["anybody"], advice=("remove it",))
    elif len(kinds) > 1 and kinds[0] in ("machine", "anybody"):
        label = {"machine": "a machine does not sign in", "anybody": "`anybody` has not signed in"}[kinds[0]]
        message = f"nobody is `{kinds[0]}` and has `{kinds[1]}`"
        scope.problems.add("bad-test", message, who.at[kinds[1]], label=label, advice=("leave out one of them",))


def _check_reason(scope: Scope, reason: Word) -> None:
    known = [str(entry.reason) for app in scope.file.apps.values() for entry in app.access if entry.reason]
    if reason not in known and scope.file.apps.is_whole:
        advice = did_you_mean(reason, dict.fromkeys(known)) or ("write `reason:` at the entry that is meant",)
        scope.problems.add("bad-test", "no entry of `access` has this reason", reason.span, advice=advice)


def _check_form(scope: Scope, test: Expectation) -> None:
    claims = [key for key in (*_CLAIMS, "reach", "reason", "except_") if getattr(test, key)]
    subjects = [key for key in _SUBJECTS if getattr(test, key) not in (None, ())]
    allowed: dict[str, tuple[str, ...]] = {"who": (*_CLAIMS, "reason"), "only": ("reach",)}
    fits = len(subjects) == 1 and set(claims) <= set(allowed.get(subjects[0], ("except_",)))
    if subjects in (["who"], ["only"]):
        complete = bool(set(claims) - {"reason"})
    else:
        complete = len(subjects) == 1 and bool(getattr(test, subjects[0]))
    if not (fits and complete):
        label = _found(subjects, complete)
        message = "a test has one subject and a claim about it"
        scope.problems.add("bad-test", message, test.at.span, label=label, advice=_FORMS)


def _found(subjects: list[str], complete: bool) -> str:
    """What a test says instead."""
    if len(subjects) != 1:
        return f"this has {' and '.join(f'`{key}`' for key in subjects)}" if subjects else "this has no subject"
    if not complete:
        return "this claims nothing" if subjects[0] in ("who", "only") else f"`{subjects[0]}: false` says nothing"
    return f"this claim does not go with `{subjects[0]}`"
