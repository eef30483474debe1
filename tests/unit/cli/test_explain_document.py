"""The document about `explain` shows what the tool prints, and names every word that it uses."""

import inspect
import re
from pathlib import Path

from iamaudit.usage.why_resources import NOT_TOLD, why_resources

DOCUMENT = (Path(__file__).parents[3] / "docs" / "explain.md").read_text(encoding="utf-8")


def block(name):
    return re.search(rf"<!-- {name} -->\n```\w*\n(.*?)\n```\n<!-- /{name} -->", DOCUMENT, re.DOTALL)[1]


def test_the_example_is_what_the_tool_prints(run):
    answer = run("explain", "--event", "-", stdin=block("record").encode())

    assert block("explanation") == answer.out.rstrip()


def test_every_way_to_find_a_resource_is_told():
    source = inspect.getsource(inspect.getmodule(why_resources))
    words = set(re.findall(r'Found\(\s*resource,\s*"(\w+)"', source)) | {NOT_TOLD}

    told = set(re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE))

    assert words
    assert words == told
