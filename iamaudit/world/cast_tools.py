"""The tools account: GitHub deploys from here into the others, a runner builds images, and two users pull them."""

from __future__ import annotations

from typing import Final

from iamaudit.world import calls_compute as compute
from iamaudit.world import calls_identity as identity
from iamaudit.world import calls_storage as storage
from iamaudit.world import trust
from iamaudit.world.accounts import ARTIFACTS_BUCKET, MANAGEMENT, SHOP_DEV, SHOP_PROD
from iamaudit.world.accounts import TOOLS as ACCOUNT
from iamaudit.world.actors import Actor
from iamaudit.world.behaviour import Cast, Habit
from iamaudit.world.ids import hexadecimal
from iamaudit.world.nouns import CustomerPolicy, Group, Key, Role, User
from iamaudit.world.policies_aws import allow, document
from iamaudit.world.schedule import around_the_clock, business, daily, weekly

_AWS = "arn:aws:iam::aws:policy"
# the shop's permission set in a second account: what one set needs is what all of its roles need together
_SSO_READ = f"AWSReservedSSO_ReadOnly_{hexadecimal('sso', ACCOUNT, 'read', length=16)}"

POLICIES: Final = (
    CustomerPolicy(
        ACCOUNT,
        "pipeline",
        document(
            allow(
                "AssumeDeploy",
                "sts:AssumeRole",
                (f"arn:aws:iam::{SHOP_PROD}:role/*", f"arn:aws:iam::{SHOP_DEV}:role/*"),
            ),
            allow("Images", "ecr:*"),
            allow("Artifacts", "s3:*", (f"arn:aws:s3:::{ARTIFACTS_BUCKET}", f"arn:aws:s3:::{ARTIFACTS_BUCKET}/*")),
            allow("Builds", "codebuild:* codepipeline:*"),
        ),
    ),
)

_IMAGES: Final = allow("Images", "ecr:BatchGet* ecr:BatchCheck* ecr:Get*", (f"arn:aws:ecr:*:{ACCOUNT}:repository/*",))
_TOKEN: Final = allow("Token", "ecr:GetAuthorizationToken")

GROUPS: Final = (Group(ACCOUNT, "image-readers", inline=(("read-images", document(_TOKEN, _IMAGES)),)),)

USERS: Final = (
    User(ACCOUNT, "vera", groups=("image-readers",), keys=(Key(60),), created_days=200),
    User(  # does what the group's member does, by a policy of its own
        ACCOUNT,
        "wim",
        inline=(("registry", document(_IMAGES, allow("Login", "ecr:DescribeRepositories ecr:GetAuthorizationToken"))),),
        keys=(Key(80),),
        created_days=200,
    ),
    User(
        ACCOUNT, "kim", managed=(f"{_AWS}/ReadOnlyAccess",), keys=(Key(110), Key(95)), created_days=300
    ),  # two active keys, one never used
)

ROLES: Final = (
    Role(ACCOUNT, "github-deploy", trust.github("example/shop"), managed=(POLICIES[0].arn,)),
    Role(
        ACCOUNT,
        "build-runner",
        trust.service("ec2.amazonaws.com"),
        managed=(f"{_AWS}/AmazonSSMManagedInstanceCore",),
        inline=(
            (
                "build",
                document(allow("Images", "ecr:*"), allow("Artifacts", "s3:*", (f"arn:aws:s3:::{ARTIFACTS_BUCKET}/*",))),
            ),
        ),
        instance_profile="build-runner",
    ),
    Role(ACCOUNT, "audit-readonly", trust.account_with_mfa(MANAGEMENT), managed=(f"{_AWS}/SecurityAudit",)),
    Role(
        ACCOUNT,
        _SSO_READ,
        trust.identity_center(ACCOUNT),
        managed=(f"{_AWS}/ReadOnlyAccess",),
        path="/aws-reserved/sso.amazonaws.com/eu-west-1/",
    ),
)

_RUNNER = f"i-0{hexadecimal('instance', ACCOUNT, '0', length=16)}"
_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
_CLI = "aws-cli/2.31.2 md/awscrt#0.27.6 ua/2.1 os/linux lang/python#3.13.7"

ACTORS: Final = (
    Actor(
        "github",
        "oidc",
        ACCOUNT,
        "github-deploy",
        "GitHubActions",
        "repo:example/shop:ref:refs/heads/main",
        "20.55.14.3",
        _CLI,
    ),
    Actor(
        "runner",
        "instance",
        ACCOUNT,
        "build-runner",
        _RUNNER,
        "ec2.amazonaws.com",
        "10.50.1.4",
        "docker/28.3.3 go/go1.24.5 os/linux arch/amd64",
    ),
    Actor("sso-ben-tools", "sso", ACCOUNT, _SSO_READ, "ben@example.com", "", "203.0.113.61", _CHROME, has_mfa=True),
    Actor("vera-key", "key", ACCOUNT, "vera", "1", address="203.0.113.52", agent=_CLI),
    Actor("wim-key", "key", ACCOUNT, "wim", "1", address="203.0.113.53", agent=_CLI),
    Actor("kim-key", "key", ACCOUNT, "kim", "1", address="203.0.113.51", agent=_CLI),
)

_IMAGE = {"repository": ("orders-api", "web")}

HABITS: Final = (
    Habit("github", identity.GET_CALLER_IDENTITY, business(2)),
    Habit(
        "github",
        storage.PUT_OBJECT,
        business(2),
        {"bucket": (ARTIFACTS_BUCKET,), "key": ("functions/thumbnailer.zip", "shop-orders.yaml")},
    ),
    Habit("github", compute.ECR_TOKEN, business(2)),
    Habit("github", compute.ECR_PUT_IMAGE, business(1.5), _IMAGE),
    Habit("runner", compute.ECR_TOKEN, business(5)),
    Habit("runner", compute.ECR_CHECK_LAYERS, business(8), _IMAGE),
    Habit("runner", compute.ECR_INITIATE, business(6), _IMAGE),
    Habit("runner", compute.ECR_UPLOAD, business(6), _IMAGE),
    Habit("runner", compute.ECR_COMPLETE, business(6), _IMAGE),
    Habit("runner", compute.ECR_PUT_IMAGE, business(3), _IMAGE, (("throttled", 0.05),)),
    Habit("runner", storage.GET_PARAMETER, around_the_clock(12), {"parameter": ("/runner/token",)}),
    Habit("kim-key", storage.LIST_BUCKETS, business(1), region="us-east-1"),
    Habit("kim-key", compute.DESCRIBE_INSTANCES, business(2)),
    Habit("kim-key", compute.START_INSTANCES, weekly(0, 8), {"instance": (_RUNNER,)}, refused="identity"),
    Habit("kim-key", identity.LIST_POLICIES, daily(9)),
    *(
        Habit(actor, call, business(2), picks)
        for actor in ("vera-key", "wim-key")
        for call, picks in (
            (compute.ECR_TOKEN, {}),
            (compute.ECR_CHECK_LAYERS, _IMAGE),
            (compute.ECR_LAYER_URL, _IMAGE),
            (compute.ECR_GET_IMAGE, _IMAGE),
        )
    ),
    Habit("sso-ben-tools", compute.DESCRIBE_INSTANCES, business(1.5)),
    Habit("sso-ben-tools", compute.ECR_CHECK_LAYERS, weekly(2, 11), _IMAGE),
    Habit("sso-ben-tools", identity.LIST_ROLES, weekly(4, 15)),
)

CAST: Final = Cast(POLICIES, GROUPS, USERS, ROLES, ACTORS, HABITS)
