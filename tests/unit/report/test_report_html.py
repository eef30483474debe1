"""The HTML page: one file, no hostile element, no other host."""

import re
from html.parser import HTMLParser

from iamaudit.model.finding import Finding
from iamaudit.report import html
from iamaudit.report.content import ReportContent
from iamaudit.report.html import render_html
from tests.unit.report.made_up_report import (
    calm_content,
    finding,
    hostile_content,
    principal,
    recommendation,
)

URL_ATTRIBUTES = {"src", "href", "action", "formaction", "data", "poster", "srcset", "xlink:href", "background", "ping"}


class Page(HTMLParser):
    """The elements of a page and the text in it."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def count(self, tag, **attributes):
        return sum(t == tag and attributes.items() <= a.items() for t, a in self.elements)


def test_hostile_strings_make_no_element_and_no_handler():
    page = Page(render_html(hostile_content()))

    assert page.count("script") == 1
    assert {"img", "iframe", "object", "b"}.isdisjoint(tag for tag, _ in page.elements)
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []


def test_control_characters_are_shown_and_never_sent():
    text = render_html(hostile_content())

    assert r"\u001b[2J" in text
    assert r"\u202efdp.exe" in text
    assert set() == set(text) & set("\x1b\x07\x9b\u202e\ud800")
    assert text.encode()


def test_no_attribute_refers_to_anything_outside_the_page():
    text = render_html(hostile_content())

    places = {
        value for _, attributes in Page(text).elements for name, value in attributes.items() if name in URL_ATTRIBUTES
    }
    assert set() == {place for place in places if not place.startswith("#")} - {"data:,"}


def test_a_calm_night_has_no_address_of_another_host_at_all():
    text = render_html(calm_content())

    assert re.findall(r"https?://|@import|url\(|xmlns", text) == []


def test_every_link_within_the_page_arrives():
    page = Page(render_html(calm_content()))

    targets = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    links = {attributes["href"][1:] for tag, attributes in page.elements if tag == "a"}
    copied = {attributes["data-copies"] for _, attributes in page.elements if "data-copies" in attributes}
    assert set() == (links | copied) - targets


def test_ids_are_unique():
    page = Page(render_html(calm_content()))

    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]

    assert sorted(set(ids)) == sorted(ids)


def test_the_policy_runs_only_the_page_s_own_script():
    text = render_html(calm_content())

    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]

    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")
    assert "img-src data:" in policy


def test_the_diff_has_signs_as_well_as_colours():
    page = render_html(calm_content())

    assert "<del>-        &#34;s3:*&#34;,</del>" in page
    assert "<ins>+        &#34;s3:GetObject&#34;,</ins>" in page


def test_the_page_says_what_unknown_means_and_what_it_does_not_claim():
    text = Page(render_html(calm_content())).text

    assert "Unknown means that the logs which were read could not have shown a use" in text
    assert "What this page does not claim" in text


def test_numbers_that_contradict_the_word_proven_win():
    content = calm_content(recommendations=(recommendation(widened=3),))

    text = Page(render_html(content)).text

    assert "✓ proven" not in text
    assert "Do not apply:" in text


def test_an_empty_night_renders():
    content = ReportContent("Nothing yet", "2026-11-23T05:00:00Z", "2026-08-25", "2026-11-22")

    text = Page(render_html(content)).text

    assert "No findings." in text
    assert "No proposals tonight." in text
    assert "nothing is called unused for lack of calls" in text


def test_gaps_whose_days_are_not_known_are_not_drawn_as_covered():
    coverage = calm_content().coverage[1]
    unknown = type(coverage)(coverage.account_id, 84, 90, gap_days=("2026-09-03",))

    page = Page(render_html(calm_content(coverage=(unknown,))))

    assert page.count("rect") == 0
    assert "Which days the gaps are is not known." in page.text


def test_a_severity_that_is_not_ours_is_shown_last_and_not_lost():
    odd = finding(severity="weird", title="an odd one")

    text = Page(render_html(calm_content(findings=(odd, finding())))).text

    assert text.index("An access key was not used") < text.index("an odd one")


def test_what_the_proposals_take_away_stands_before_them():
    page = Page(render_html(calm_content(recommendations=(recommendation(actions_before=1234, actions_after=56),))))

    assert "What the proposals take away" in page.text
    assert "1,234 → 56" in page.text
    assert "#summary" in [attributes.get("href") for _, attributes in page.elements]


def test_without_a_proven_proposal_nothing_is_taken_away():
    page = Page(render_html(calm_content(recommendations=(recommendation(status="refused"),))))

    assert "What the proposals take away" not in page.text


def test_a_thousand_principals_keep_the_page_small_and_say_what_is_left_out():
    many = 1_000
    content = calm_content(
        principals=tuple(principal(arn=f"arn:aws:iam::111122223333:role/r{n:04}") for n in range(many)),
        recommendations=tuple(recommendation(principal=f"arn:aws:iam::111122223333:role/r{n:04}") for n in range(many)),
        findings=tuple(finding(subject=f"arn:aws:iam::111122223333:role/r{n:04}") for n in range(many)),
    )

    text = render_html(content)

    page = Page(text)
    assert page.count("pre", **{"class": "diff"}) == html.MOST_DIFFS
    assert "800 more are in the bundle folder" in page.text
    assert "600 more high findings are in the JSON and CSV files" in page.text
    # and one row of the books, six numbers before and after, one account
    assert many == page.count("th", scope="row") - 1 - 6 - 1
    assert len(text) < 5_000_000


def test_evidence_is_bounded_and_the_cut_is_said():
    huge = finding(evidence={"text": "x" * 100_000})

    text = render_html(calm_content(findings=(huge,)))

    assert "more characters)" in text
    assert len(text) < 200_000


def test_rendering_twice_gives_the_same_bytes():
    assert render_html(calm_content()) == render_html(calm_content())


def test_a_percentage_never_rounds_something_to_nothing():
    assert [html._share(part, whole) for part, whole in ((0, 5), (1, 20_000), (1, 1_000), (5, 5), (0, 0))] == [
        "0%",
        "under 0.1%",
        "0.1%",
        "100.0%",
        "0%",
    ]


def test_a_lone_surrogate_has_a_finding_id():
    odd = Finding("check", "low", "1", "\ud800", "title", {}, "do")

    assert len(odd.finding_id) == 16


def test_moments_read_well_and_what_is_no_moment_stays():
    assert [
        html._moment(text) for text in ("2026-11-23T05:00:00.120Z", "2026-11-23 05:00:00+00:00", "2026-11-23", "never")
    ] == ["2026-11-23 05:00 UTC", "2026-11-23 05:00 UTC", "2026-11-23", "never"]
