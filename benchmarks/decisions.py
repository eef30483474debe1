"""Decisions a second, in one process: the compiled decider, `decide` itself, the slow twin, and a regex for each pattern.

python benchmarks/decisions.py [--role-policies 10] [--write]
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from figures import HERE, keep, markdown

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service"
SERVICES = {
    "s3": ("GetObject", "PutObject", "DeleteObject", "GetObjectTagging", "AbortMultipartUpload"),
    "dynamodb": ("GetItem", "PutItem", "Query", "UpdateItem", "DescribeTable"),
    "sqs": ("SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueUrl"),
    "sns": ("Publish", "Subscribe", "ListTagsForResource"),
    "secretsmanager": ("GetSecretValue", "DescribeSecret"),
    "lambda": ("InvokeFunction", "GetFunction", "ListTags"),
    "logs": ("CreateLogStream", "PutLogEvents", "GetLogEvents"),
    "ec2": ("StartInstances", "StopInstances", "TerminateInstances", "CreateTags"),
    "states": ("StartExecution", "DescribeExecution"),
    "ssm": ("GetParameter", "PutParameter", "GetParametersByPath"),
}
RESOURCES = {
    "s3": "arn:aws:s3:::team-{n}-data/in/{m}/part-{k}.parquet",
    "dynamodb": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders-{n}",
    "sqs": "arn:aws:sqs:eu-west-1:111122223333:queue-{n}-{m}",
    "sns": "arn:aws:sns:eu-west-1:111122223333:topic-{n}",
    "secretsmanager": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-{n}/db-{m}-AbCdEf",
    "lambda": "arn:aws:lambda:eu-west-1:111122223333:function:job-{n}-{m}",
    "logs": "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/job-{n}:log-stream:{m}",
    "ec2": "arn:aws:ec2:eu-west-1:111122223333:instance/i-{n:08x}{m:09x}",
    "states": "arn:aws:states:eu-west-1:111122223333:stateMachine:flow-{n}",
    "ssm": "arn:aws:ssm:eu-west-1:111122223333:parameter/app/{n}/{m}",
}


def documents(count: int) -> list[dict[str, object]]:
    """Return *count* policies as they are in the wild: names, beginnings, wildcards within, conditions, two Denies."""
    found: list[dict[str, object]] = []
    for number in range(count):
        service = list(SERVICES)[number % len(SERVICES)]
        names = [f"{service}:{name}" for name in SERVICES[service]]
        pattern = RESOURCES[service]
        statements: list[dict[str, object]] = [
            {"Effect": "Allow", "Action": names[:2], "Resource": [_pattern(pattern, n) for n in range(8)]},
            {
                "Effect": "Allow",
                "Action": [f"{service}:Get*", f"{service}:Describe*"],
                "Resource": _pattern(pattern, "?"),
            },
            {
                "Effect": "Allow",
                "Action": f"{service}:*",
                "Resource": _pattern(pattern, "1*"),
                "Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}},
            },
        ]
        if number % 5 == 0:
            statements.append(
                {
                    "Effect": "Deny",
                    "NotAction": ["iam:*", "sts:*"],
                    "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}},
                }
            )
        found.append({"Version": "2012-10-17", "Statement": statements})
    return found


def _pattern(resource: str, number: object) -> str:
    return re.sub(r"\{[mk][^}]*\}", "*", re.sub(r"\{n[^}]*\}", str(number), resource))


def questions(count: int) -> list[tuple[str, str, dict[str, str]]]:
    """Return *count* distinct questions: action, resource and one of 40 contexts."""
    chance = random.Random(1)
    contexts = [
        {
            "aws:SourceVpce": chance.choice(("vpce-1", "vpce-2", "vpce-3")),
            "aws:RequestedRegion": chance.choice(("eu-west-1", "us-east-1")),
            "aws:UserAgent": f"agent/{number}",
        }
        for number in range(40)
    ]
    found: dict[tuple[str, str, int], None] = {}
    while len(found) < count:
        service = chance.choice(list(SERVICES))
        n, m, k = chance.randrange(30), chance.randrange(400), chance.randrange(50)
        action = f"{service}:{chance.choice(SERVICES[service])}"
        found[action, RESOURCES[service].format(n=n, m=m, k=k), chance.randrange(len(contexts))] = None
    return [(action, resource, contexts[number]) for action, resource, number in found]


class RegexEvaluator:
    """What most tools do: each statement in turn, its patterns translated to regular expressions (and kept)."""

    def __init__(self, policies: Sequence[dict[str, object]]) -> None:
        self._statements = [statement for policy in policies for statement in policy["Statement"]]  # type: ignore[attr-defined]
        self._regexes: dict[tuple[str, bool], re.Pattern[str]] = {}

    def __call__(self, action: str, resource: str, context: dict[str, str]) -> str:
        """Return the decision's name."""
        allowed = False
        for statement in self._statements:
            if self._matches(statement, action, resource, context):
                if statement["Effect"] == "Deny":
                    return "ExplicitlyDenied"
                allowed = True
        return "Allowed" if allowed else "ImplicitlyDenied"

    def _matches(self, statement: dict[str, object], action: str, resource: str, context: dict[str, str]) -> bool:
        if "NotAction" in statement:
            if any(self._fits(one, action, any_case=True) for one in _listed(statement["NotAction"])):
                return False
        elif not any(self._fits(one, action, any_case=True) for one in _listed(statement["Action"])):
            return False
        if not any(self._fits(one, resource) for one in _listed(statement["Resource"])):
            return False
        return _conditions_hold(statement, context)

    def _fits(self, pattern: str, text: str, *, any_case: bool = False) -> bool:
        regex = self._regexes.get((pattern, any_case))
        if regex is None:
            body = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
            regex = self._regexes[pattern, any_case] = re.compile(f"{body}\\Z", re.IGNORECASE if any_case else 0)
        return regex.match(text) is not None


def _conditions_hold(statement: dict[str, object], context: dict[str, str]) -> bool:
    for operator, keys in statement.get("Condition", {}).items():  # type: ignore[attr-defined]
        for key, values in keys.items():
            value = context.get(key)
            if operator == "StringEquals" and value not in _listed(values):
                return False
            if operator == "StringNotEquals" and value in _listed(values):
                return False
    return True


def _listed(value: object) -> list[str]:
    return value if isinstance(value, list) else [str(value)]


def candidates(policies: Sequence[dict[str, object]]) -> Iterator[tuple[str, int, Callable[[list], list[str]]]]:  # type: ignore[type-arg]
    """Yield the name of every way to decide, its share of the questions in thousandths, and the way itself."""
    from slow_decide import slow_decide  # noqa: PLC0415  # of tests/oracles

    from iamaudit.model.verdict import PolicySet, Request  # noqa: PLC0415  # of the checkout that is measured
    from iamaudit.policy.compiled import CompiledDecider  # noqa: PLC0415
    from iamaudit.policy.decide import Decider  # noqa: PLC0415
    from iamaudit.policy.parse import parse  # noqa: PLC0415

    parsed = PolicySet(identity=tuple(parse(one) for one in policies))

    def requests(asked: list) -> list[Request]:  # type: ignore[type-arg]
        return [Request(ROLE, action, resource, ACCOUNT, context=context) for action, resource, context in asked]

    def in_bulk(asked: list) -> list[str]:  # type: ignore[type-arg]
        return [one.decision.value for one in CompiledDecider(parsed).decide(requests(asked))]

    def one_by_one(asked: list) -> list[str]:  # type: ignore[type-arg]
        decider = Decider(parsed)
        return [decider.decide(one).decision.value for one in requests(asked)]

    def twin(asked: list) -> list[str]:  # type: ignore[type-arg]
        return [slow_decide(*one, identity=parsed.identity).value for one in asked]

    def regex(asked: list) -> list[str]:  # type: ignore[type-arg]
        evaluate = RegexEvaluator(policies)
        return [evaluate(*one) for one in asked]

    yield "**compiled, in bulk**", 1000, in_bulk
    yield "`decide`, one by one", 100, one_by_one
    yield "a regex for each pattern, statement by statement", 100, regex
    yield "the slow twin", 4, twin


def main() -> None:
    """Ask every candidate, compare their answers, and print decisions per CPU second, compiling included."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--questions", type=int, default=400_000)
    parser.add_argument("--role-policies", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--checkout", type=Path, default=HERE.parent)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    checkout = given.checkout.resolve()
    sys.path[:0] = [str(checkout), str(checkout / "tests" / "oracles")]
    policies, asked = documents(given.role_policies), questions(given.questions)
    found: dict[str, tuple[int, float]] = {}  # name -> questions, CPU seconds
    answers: list[str] = []
    for name, share, way in candidates(policies):
        part = asked[: len(asked) * share // 1000]
        for _ in range(given.repeat if share > 10 else 1):  # the twin is slow enough once
            started = time.process_time()
            told = way(part)
            spent = time.process_time() - started
            found[name] = (len(part), min(spent, found.get(name, (0, spent))[1]))
        answers = answers or told
        if told != answers[: len(told)]:
            raise SystemExit(f"{name} answers differently from the compiled decider")
    rates = {name: count / spent for name, (count, spent) in found.items()}
    best = max(rates.values())
    head = ("candidate", "decisions", "CPU s", "decisions / CPU s", "CPU / ours")
    rows = [
        (name, f"{count:,}", f"{spent:.2f}", f"{rates[name]:,.0f}", f"{best / rates[name]:,.1f}")
        for name, (count, spent) in found.items()
    ]
    shares = ", ".join(f"{answers.count(word):,} {word}" for word in dict.fromkeys(answers))
    note = f"A role with {given.role_policies} policies, {len(asked):,} distinct questions in 40 contexts: {shares}."
    figures = {"policies": given.role_policies, "rates": {name.strip("*"): round(rate) for name, rate in rates.items()}}
    keep("decisions", figures, f"{note}\n\n{markdown(head, rows)}", write=given.write)


if __name__ == "__main__":
    main()
