"""A slow and obvious twin of the decision, for requests in one account: a transcript of domain.md §3.2.

It shares nothing with the package but the nouns: patterns are read character by character, nothing is indexed.
"""

from iamaudit.model.policy import Effect
from iamaudit.model.verdict import Decision


def slow_decide(action, resource, context, *, identity, boundary=None, session=None, scp=None):
    """Decide a request of an IAM user or role session on a resource of its own account; context is closed."""
    own = [*identity, *(boundary or ()), *(session or ())]
    if any(says(policy, Effect.DENY, action, resource, context) for policy in own):
        return Decision.EXPLICITLY_DENIED
    if any(says(p, Effect.DENY, action, resource, context, pad_short=False) for level in scp or () for p in level):
        return Decision.EXPLICITLY_DENIED
    for level in scp or ():
        if not any(says(p, Effect.ALLOW, action, resource, context, pad_short=False) for p in level):
            return Decision.IMPLICITLY_DENIED
    identity_allows = any(says(policy, Effect.ALLOW, action, resource, context) for policy in identity)
    boundary_allows = all(says(policy, Effect.ALLOW, action, resource, context) for policy in boundary or ())
    session_allows = session is None or any(says(p, Effect.ALLOW, action, resource, context) for p in session)
    if identity_allows and boundary_allows and session_allows:
        return Decision.ALLOWED
    return Decision.IMPLICITLY_DENIED


def says(policy, effect, action, resource, context, *, pad_short=True):
    return any(s.effect is effect and matches(s, action, resource, context, pad_short) for s in policy.statements)


def matches(statement, action, resource, context, pad_short):
    if statement.not_actions:
        names_action = not any(slow_glob(p.lower(), action.lower()) for p in statement.not_actions)
    else:
        names_action = any(slow_glob(p.lower(), action.lower()) for p in statement.actions)
    if statement.not_resources:
        names_resource = not any(slow_resource(p, resource, pad_short=pad_short) for p in statement.not_resources)
    else:
        names_resource = any(slow_resource(p, resource, pad_short=pad_short) for p in statement.resources)
    return names_action and names_resource and all(holds(c, context) for c in statement.conditions)


def holds(condition, context):
    value = context.get(condition.key)
    if condition.operator == "StringEquals":
        return value in condition.values
    if condition.operator == "StringNotEquals":
        return value not in condition.values
    if condition.operator == "Null":
        return ("true" if value is None else "false") in condition.values
    if condition.operator == "StringLikeIfExists":
        return value is None or any(slow_glob(pattern, value) for pattern in condition.values)
    raise AssertionError(condition.operator)


def slow_resource(pattern, resource, *, pad_short=True):
    if pattern == "*":
        return True
    if resource == "*":
        return slow_glob(pattern, "*")
    wanted, given = pattern.split(":", 5), resource.split(":", 5)
    if len(wanted) < 6 and not pad_short and "*" not in pattern and "?" not in pattern:
        return False
    wanted += ["*"] * (6 - len(wanted))
    return len(given) == 6 and all(slow_glob(w, g) for w, g in zip(wanted, given, strict=True))


def slow_glob(pattern, text):
    """Match by the definition: a star is nothing, or one character and the star again."""
    if pattern == "":
        return text == ""
    if pattern[0] == "*":
        return slow_glob(pattern[1:], text) or (text != "" and slow_glob(pattern, text[1:]))
    return text != "" and pattern[0] in ("?", text[0]) and slow_glob(pattern[1:], text[1:])
