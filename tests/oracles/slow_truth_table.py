"""The flow chart of domain.md §3.2 written down once more, over words instead of policies; nothing denies explicitly."""


def slow_grant_decision(*, caller, names, identity, boundary, session, same_account, rooted_in_resource):
    """Say whether a caller gets in.

    *names* is how the resource policy names it: none, account, role, itself, everybody. *boundary* and *session* are
    absent, yes or no. *rooted_in_resource* are KMS keys, whose policy must say something.
    """
    allows_boundary = boundary in ("absent", "yes")
    allows_session = session in ("absent", "yes")
    if caller == "federated user" and session == "absent":
        allows_session = False
    own = identity and allows_boundary and allows_session
    if caller == "root":
        own = True
    if not same_account:
        return names != "none" and own
    if names in ("itself", "everybody"):
        return True
    if names == "role":
        return allows_boundary and allows_session
    if names == "none" and rooted_in_resource:
        return False
    return own
