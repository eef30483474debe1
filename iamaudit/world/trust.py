"""Trust policies: who may assume a role."""

from __future__ import annotations

from typing import Any, Final

from iamaudit.world.accounts import MANAGEMENT, TOOLS

Document = dict[str, Any]
SAML_PROVIDER: Final = "ExampleIdP"
GITHUB: Final = "token.actions.githubusercontent.com"


def _trust(
    principal: Document, action: str | list[str] = "sts:AssumeRole", condition: Document | None = None
) -> Document:
    statement: Document = {"Effect": "Allow", "Principal": principal, "Action": action}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def service(host: str) -> Document:
    """Return the trust in an AWS service."""
    return _trust({"Service": host})


def arn(*arns: str) -> Document:
    """Return the trust in principals by ARN."""
    return _trust({"AWS": arns[0] if len(arns) == 1 else list(arns)})


def account_with_external_id(principal: str, external_id: str) -> Document:
    """Return the trust in a principal of another account that must bring an external id."""
    return _trust({"AWS": principal}, condition={"StringEquals": {"sts:ExternalId": external_id}})


def account_with_mfa(account: str) -> Document:
    """Return the trust in an account's principals when they signed in with MFA."""
    return _trust({"AWS": f"arn:aws:iam::{account}:root"}, condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})


def github(repository: str) -> Document:
    """Return the trust in a GitHub repository's main branch through OpenID Connect."""
    return _trust(
        {"Federated": f"arn:aws:iam::{TOOLS}:oidc-provider/{GITHUB}"},
        "sts:AssumeRoleWithWebIdentity",
        {
            "StringEquals": {
                f"{GITHUB}:aud": "sts.amazonaws.com",
                f"{GITHUB}:sub": f"repo:{repository}:ref:refs/heads/main",
            }
        },
    )


def saml(account: str, provider: str = SAML_PROVIDER) -> Document:
    """Return the trust in a SAML provider; Identity Center's own reserved roles look the same."""
    return _trust(
        {"Federated": f"arn:aws:iam::{account}:saml-provider/{provider}"},
        ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    )


def identity_center(account: str) -> Document:
    """Return the trust that Identity Center writes into its reserved roles."""
    return saml(account, "AWSSSO_0123456789abcdef_DO_NOT_DELETE")


def management_user(name: str) -> str:
    """Return the ARN of a user in the management account."""
    return f"arn:aws:iam::{MANAGEMENT}:user/{name}"
