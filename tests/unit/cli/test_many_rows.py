"""A table of many rows is printed whole and at once; nothing of a row is folded or lost."""

from __future__ import annotations

import io

import pytest

from iamaudit.cli import output
from iamaudit.cli.output import DRAWN, print_rows

COLUMNS = ("principal", "action", "reason")


def rows(count):
    for number in range(count):
        yield {"principal": f"role/{number}", "action": "s3:GetObject", "reason": None if number % 2 else "why " * 100}


def printed(monkeypatch, found, encoding="utf-8"):
    place = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", place)
    print_rows(found, COLUMNS, as_json=False)
    place.flush()
    return place.buffer.getvalue().decode(encoding).splitlines()


def test_each_of_many_rows_is_a_line_with_all_of_it(monkeypatch):
    count = DRAWN + 1

    head, rule, *lines = printed(monkeypatch, rows(count))

    assert list(COLUMNS) == head.split()
    assert {"-", " "} == set(rule)
    assert [[one["principal"], one["action"], *(one["reason"] or "").split()] for one in rows(count)] == [
        line.split() for line in lines
    ]
    assert 1 == len({line.index("s3:") for line in lines})


def test_a_value_wider_than_all_before_it_is_not_cut(monkeypatch):
    wide = {"principal": "p" * 300, "action": "a", "reason": "r"}

    lines = printed(monkeypatch, [*rows(DRAWN + 1), wide])

    assert ["p" * 300, "a", "r"] == lines[-1].split()


@pytest.mark.parametrize("count", [0, 1, DRAWN])
def test_a_table_that_one_can_look_at_is_drawn(monkeypatch, count):
    drawn = []
    monkeypatch.setattr(output, "show", drawn.append)

    print_rows(rows(count), COLUMNS, as_json=False)

    assert [count] == [table.row_count for table in drawn]


def test_what_steers_a_screen_or_has_no_place_in_the_encoding_is_escaped(monkeypatch):
    odd = {"principal": "a\x1b[2J\nb", "action": "ü", "reason": "\u202e"}

    lines = printed(monkeypatch, [*rows(DRAWN + 1), odd], encoding="ascii")

    assert DRAWN + 4 == len(lines)
    assert ["a\\u001b[2J\\u000ab", "\\xfc", "\\u202e"] == lines[-1].split()
