"""What holds for every text a log can hold: it is shown, it steers nothing, and it comes out of every format again."""

import csv
import io
import json
import unicodedata
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from iamaudit.model.finding import Finding
from iamaudit.report.diff import diff_lines, policy_diff, pretty
from iamaudit.report.html import _environment
from iamaudit.report.machine import findings_csv, findings_json
from iamaudit.report.visible import block, middle_cut, one_line

# lone surrogates too: a JSON log may hold `"\ud800"`
texts = st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=60) | st.sampled_from(
    ["=1+1", "<script>", "\x1b[2J", "\u202e", "\ud800", "`|*_[x](y)", "\"'&"]
)
documents = st.recursive(
    st.none() | st.booleans() | texts, lambda inner: st.dictionaries(texts, inner, max_size=3), max_leaves=6
)


@settings(deadline=None)  # the machine may be busy
@given(texts)
def test_one_line_is_one_line_of_visible_characters(text):
    shown = one_line(text)

    assert {unicodedata.category(c) for c in shown}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert shown == shown.encode().decode()


@settings(deadline=None)  # the machine may be busy
@given(texts)
def test_a_text_is_shown_as_its_characters_are(text):
    steers = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    alone = [one_line(c) for c in text]

    assert "".join(alone) == one_line(text)
    assert [c for c in text if unicodedata.category(c) not in steers] == [
        shown for c, shown in zip(text, alone, strict=True) if unicodedata.category(c) not in steers
    ]


@settings(deadline=None)  # the machine may be busy
@given(documents)
def test_a_document_made_visible_is_the_same_document(document):
    text = json.dumps(document, ensure_ascii=False, indent=2)

    assert document == json.loads(block(text))
    assert document == json.loads(pretty(json.dumps(document)))


@settings(deadline=None)  # the machine may be busy
@given(texts, st.integers(min_value=2, max_value=30))
def test_a_cut_name_fits(text, width):
    assert len(middle_cut(text, width)) <= width


@settings(deadline=None)  # the machine may be busy
@given(st.lists(texts, max_size=3), st.lists(texts, max_size=3))
def test_every_line_of_a_diff_keeps_its_sign(current, proposed):
    signs = {"added": "+", "removed": "-", "same": " ", "place": "@"}

    lines = diff_lines(policy_diff(current, proposed))

    assert all(line.text[0] == signs[line.kind] for line in lines if line.kind in signs and len(lines) > 1)


@settings(deadline=None)  # the machine may be busy
@given(texts, texts)
def test_a_finding_survives_json_and_is_no_formula_in_csv(title, subject):
    finding = Finding("check", "low", "111122223333", subject, title, {title: subject}, "do")

    row = json.loads(findings_json([finding]))
    cells = next(csv.DictReader(io.StringIO(findings_csv([finding]))))

    assert (title, subject, {title: subject}) == (row["title"], row["subject"], row["evidence"])
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in cells.values())


@settings(deadline=None)  # the machine may be busy
@given(texts)
def test_a_template_can_forget_nothing(text):
    """Whatever `{{ … }}` writes, into text or into an attribute, is one text again when a parser reads it."""
    page = _environment().from_string('<p title="{{ text }}">{{ text }}</p>').render(text=text)

    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, attributes))
    parser.feed(page)
    parser.close()
    assert [("p", [("title", one_line(text))])] == found
    assert Markup(page).striptags().split() == one_line(text).split() or "<" in text
