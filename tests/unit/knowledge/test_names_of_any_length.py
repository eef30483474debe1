"""Names that a caller chose may be of any length: they are understood, and not remembered."""

from __future__ import annotations

from iamaudit.knowledge import events, session_names


def test_a_long_parameter_name_is_folded_and_forgotten():
    name = "Tag-Key" * 1000
    before = events._fold.cache_info().currsize

    folded = events.fold(name)

    assert "tagkey" * 1000 == folded
    assert before == events._fold.cache_info().currsize


def test_a_long_session_name_is_understood_and_forgotten():
    name = "worker-" * 1000 + "1bd5ee2f-9a4d-4a4e-8a3f-0f0f1a2b3c4d"
    before = session_names._stable_name.cache_info().currsize, session_names._named_runtime.cache_info().currsize

    stable, runtime = session_names.stable_name(name), session_names.named_runtime(name)

    assert "worker-" * 1000 + "*" == stable
    assert runtime is None
    assert before == (
        session_names._stable_name.cache_info().currsize,
        session_names._named_runtime.cache_info().currsize,
    )


def test_a_short_name_means_the_same_however_often_it_is_asked():
    assert ["worker-*"] * 2 == [session_names.stable_name("worker-1bd5ee2f-9a4d-4a4e-8a3f-0f0f1a2b3c4d")] * 2
    assert "tagkey" == events.fold("Tag-Key") == events.fold("tagKey")
