"""The report's chart: who has most unused actions, hostile names as text."""

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

from iamaudit.report.chart import BARS, most_unused, usage_chart
from tests.unit.report.made_up_report import calm_content, hostile_content, principal


def test_the_chart_shows_those_with_most_unused_actions_first():
    svg = usage_chart(calm_content().principals, width=960)

    names = re.findall(r">(role/[^<]+)</text>", svg)
    assert names[:3] == ["role/BreakGlass", "role/NetworkAdmin", "role/ReportWriter"]
    assert {"var(--used)", "var(--unknown)", "var(--unused)"} <= set(re.findall(r'fill="([^"]+)"', svg))


def test_hostile_names_stay_text():
    svg = usage_chart(hostile_content().principals, width=960)

    tags = {element.tag for element in ET.fromstring(svg).iter()}
    assert {"svg", "g", "path", "line", "text"} == tags | {"line"}


def test_principals_of_one_name_in_two_accounts_have_two_bars():
    twins = [
        principal(arn=f"arn:aws:iam::{account}:role/Deploy", account_id=account) for account in ("1" * 12, "2" * 12)
    ]

    svg = usage_chart([*twins, *twins], width=400)

    assert len(set(re.findall(r">(role/[^<]+)</text>", svg))) == 4


def test_at_most_so_many_bars_and_none_for_who_is_granted_nothing():
    crowd = [principal(arn=f"arn:aws:iam::111122223333:role/r{n}") for n in range(60)]
    empty = principal(granted=0, used=0, unused=0, unknown=0)

    assert len(most_unused(crowd)) == BARS
    assert usage_chart([empty], width=960) == ""


def test_the_report_is_imported_without_the_slow_chart_libraries():
    code = "import sys, iamaudit.report.html; print('altair' in sys.modules, 'vl_convert' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False False"
