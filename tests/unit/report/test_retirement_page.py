"""`retire.md`: what is due when, the commands of each day, and what was left out and why."""

from datetime import date

from iamaudit.recommend.retire import retire
from iamaudit.recommend.retire_plan import Holding, Idle, LeftOut
from iamaudit.report.retirement import retirement_markdown

TODAY = date(2026, 11, 1)
ARN = "arn:aws:iam::111122223333:role/app"


def page(*, name="app", title="not used for 200 days", left_out=()):
    arn = f"arn:aws:iam::111122223333:role/{name}"
    idle = Idle("idle_role", arn, "111122223333", title, "id")
    holdings = {arn: Holding(arn, "111122223333", "role", name, inline={})}
    return retirement_markdown(retire([idle], holdings, as_of=TODAY, unknown=left_out))


def test_a_row_has_its_three_days():
    assert "| 111122223333 | role/app | not used for 200 days | 2026-11-01 | 2026-11-15 | 2026-12-15 |" in page()


def test_the_commands_stand_under_their_day_in_order():
    text = page()

    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert ["## 2026-11-01: notify", "## 2026-11-15: disable", "## 2026-12-15: delete"] == headings
    assert "\naws iam delete-role --role-name app\n" in text
    assert "\n# 111122223333 role/app: undone by" in text


def test_what_was_left_out_has_its_reason():
    text = page(left_out=[LeftOut("arn:aws:iam::1:role/x", "1", "role", "unknown: no logs")])

    assert "| 1 | role/x | role | unknown: no logs |" in text


def test_nothing_idle_is_a_page_too():
    text = retirement_markdown(retire([], {}, as_of=TODAY))

    assert "0 to retire, 0 left out" in text


def test_hostile_words_steer_neither_the_page_nor_the_screen():
    text = page(name="a\n```\n# x|<b>", title="[x](http://e)|\u202e")

    table = [line for line in text.splitlines() if line.startswith("| 1")]
    assert 1 == len(table)
    assert "\\[x\\]\\(" in table[0]
    assert "\u202e" not in text
    assert not [line for line in text.splitlines() if line.strip() == "```" or line.startswith("# x")]
