"""Every operation of every service model, asked with a value for each parameter that no other parameter has.

A twin of the fill that knows no rule: it only sees which parameter's value came out in which ARN.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

import botocore.session
import pytest

from iamaudit.knowledge.arn_parameters import listed_fillers
from iamaudit.knowledge.events import fold, no_permission_reason, prefix_of
from iamaudit.usage.actions import actions_of, bare_name
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import parameters_of
from iamaudit.usage.resources import resources_of
from iamaudit.usage.templates import plans_of

DEEPEST = 5
VALUE = re.compile(r"zq\d{4}z")


def filled(model, shape_name, path, paths, seen=frozenset()):
    """Return a request of a shape, whose strings are all different, and note in *paths* where each stands."""
    shape = model["shapes"][shape_name]
    if shape["type"] == "string":
        if "enum" in shape:
            return shape["enum"][0]
        value = f"zq{len(paths):04d}z"
        paths[value] = path
        return value
    if shape["type"] == "list":
        return [filled(model, shape["member"]["shape"], path, paths, seen)]
    if shape["type"] != "structure" or shape_name in seen or len(seen) > DEEPEST:
        return None
    return {
        name: filled(model, member["shape"], f"{path}.{name}", paths, seen | {shape_name})
        for name, member in shape.get("members", {}).items()
    }


@cache
def sure_answers():
    """Return (action, ARNs, value -> path) of everything that is told with high confidence."""
    loader = botocore.session.get_session().get_component("data_loader")
    found = []
    for service in sorted(loader.list_available_services("service-2")):
        model = loader.load_service_model(service, "service-2")
        host = f"{model['metadata']['endpointPrefix']}.amazonaws.com"
        for name, operation in sorted(model["operations"].items()):
            prefix = prefix_of(host)
            event = bare_name(prefix, name)
            if no_permission_reason(prefix, event) is not None:
                continue
            paths = {}
            request = filled(model, operation["input"]["shape"], "", paths) if "input" in operation else {}
            parameters = parameters_of(request)
            call = Call(host, name, "eu-west-1", "111122223333", request=request)
            for one in actions_of(prefix, event, parameters):
                answer = resources_of(one.action, call, parameters, one.role)
                if answer.confidence == "high":
                    found.append((one.action, answer.resources, paths))
    return found


@pytest.mark.slow
def test_a_parameter_names_one_thing():
    """Two ARNs that end in the same value name one thing twice, unless one is inside the other."""
    doubled = []
    for action, arns, paths in sure_answers():
        ends = defaultdict(list)
        for arn in arns:
            for value in VALUE.findall(arn)[-1:]:
                if arn.endswith(value):
                    ends[value].append(arn)
        doubled += [(action, paths[value]) for value, same in ends.items() if len(same) > 1]

    assert len(sure_answers()) > 10_000
    assert [] == doubled


@pytest.mark.slow
def test_an_id_is_never_a_name_unless_the_table_says_that_it_is_one():
    wrong = []
    for action, arns, paths in sure_answers():
        prefix, _, name = action.partition(":")
        if prefix == "apigateway":
            continue  # paths, which go on after an id
        for plan in plans_of(action):
            last = plan.slots[-1] if plan.slots else None
            if last is None or not fold(last.variable).endswith(("id", "uuid", "identifier")):
                continue
            listed = {f.parameter for f in listed_fillers(prefix, name, plan.resource_type, last.variable)}
            for arn in arns:
                found = VALUE.findall(arn)
                if found and arn.endswith(found[-1]) and plan.pattern.fullmatch(arn):
                    parameter = fold(paths[found[-1]].rpartition(".")[2])
                    if parameter.endswith("name") and parameter not in listed:
                        wrong.append((action, plan.resource_type, parameter))

    assert [] == wrong
