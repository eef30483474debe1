"""The quick way to what a pattern names agrees with asking every action, and wildcards that shorten name the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iamaudit.policy.expand import expand, expand_not, matching
from iamaudit.policy.match import action_matches
from iamaudit.recommend.wildcards import shortened

NAMES = ("a:Get", "a:GetA", "a:GetAb", "a:Put", "ab:Get", "ab:ListAll", "b:GetA", "b:Getter", "b:List2")
patterns = st.one_of(
    st.sampled_from(["*", "**", "*:*", "", "A:GET", "a:New", "?:Get*", "a*:Get"]), st.text("abGet:*?L", max_size=6)
)


@given(st.lists(patterns, max_size=4))
def test_a_pattern_names_what_asking_every_action_finds(given_patterns):
    slow = {name for name in NAMES for pattern in given_patterns if action_matches(pattern, name)}

    assert slow == matching(given_patterns, NAMES)
    assert set(NAMES) - slow == expand_not(given_patterns, NAMES)
    assert slow == expand(given_patterns, NAMES) & set(NAMES)


@given(st.lists(st.sampled_from(NAMES), max_size=4), st.lists(st.sampled_from(NAMES), max_size=4))
def test_a_list_is_no_catalogue_to_remember(first, second):
    names = [*first]
    before = matching(["*"], names)

    names[:] = second

    assert set(first) == before
    assert set(second) == matching(["*"], names)


@given(st.sets(st.sampled_from((*NAMES, "z:New")), min_size=1))
def test_shorter_patterns_name_exactly_what_was_listed(actions):
    written = shortened(actions, NAMES, lambda _pattern: True)

    assert actions == expand(written, NAMES)
    assert sum(map(len, written)) <= sum(map(len, actions))
