"""Granted beside used, one bar per principal: an SVG that stands inside a page and asks nobody for anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from iamaudit.model.arn import parse_arn
from iamaudit.report.content import PrincipalSummary
from iamaudit.report.visible import middle_cut, one_line

BARS = 25
_STATES = ("used", "unknown", "unused")


def most_unused(principals: Sequence[PrincipalSummary]) -> tuple[PrincipalSummary, ...]:
    """Return the principals of the chart: those with grants, most unused actions first, at most `BARS`."""
    granted = [p for p in principals if p.granted]
    return tuple(sorted(granted, key=lambda p: (-p.unused, -p.granted, p.arn))[:BARS])


def usage_chart(principals: Sequence[PrincipalSummary], *, width: int) -> str:
    """Return an `<svg>` of *width* units: shares of used, unknown and unused actions; empty when nothing is granted.

    Bars are shares, since one administrator has more actions than all others together; the number of unused
    actions stands beside its bar. Colours are the page's custom properties (`--used`, …, `currentColor`).
    """
    shown = most_unused(principals)
    if not shown:
        return ""
    # altair and vl-convert take a second to import, and most verbs draw nothing
    import altair as alt  # noqa: PLC0415  (said above)
    import vl_convert  # noqa: PLC0415  (said above)

    label_width = width * 2 // 5
    names = _names(shown, label_width // 7)
    bars = [
        {"place": place, "principal": name, "state": state, "actions": getattr(principal, state), "order": order}
        for place, (name, principal) in enumerate(zip(names, shown, strict=True))
        for order, state in enumerate(_STATES)
    ]
    numbers = [{"principal": n, "unused": f"{p.unused:,}", "end": 1} for n, p in zip(names, shown, strict=True)]
    y = alt.Y("principal:N", sort=names, axis=alt.Axis(title=None, labelLimit=label_width, labelPadding=8))
    bar = (
        alt.Chart(alt.InlineData(values=bars))
        .mark_bar(height={"band": 0.68})
        .encode(
            y=y,
            x=alt.X("actions:Q", stack="normalize", axis=alt.Axis(title=None, format="%", values=[0, 0.5, 1])),
            order="order:Q",
            color=alt.Color(
                "state:N",
                legend=None,
                scale=alt.Scale(domain=list(_STATES), range=[f"var(--{state})" for state in _STATES]),
            ),
        )
    )
    number = (
        alt.Chart(alt.InlineData(values=numbers))
        .mark_text(align="left", dx=8, fontSize=12, color="currentColor")
        .encode(y=y, x=alt.X("end:Q"), text="unused:N")
    )
    chart = (
        (bar + number)
        .properties(width=width, height=alt.Step(25), autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
        .configure(font="sans-serif", background="transparent", padding={"left": 0, "right": 0, "top": 2, "bottom": 2})
        .configure_axis(grid=False, ticks=False, domain=False, labelColor="currentColor", labelFontSize=12)
        .configure_view(stroke=None)
    )
    spec: dict[str, Any] = chart.to_dict()
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=version)
    return _for_a_page(svg)


def _for_a_page(svg: str) -> str:
    """Let the page set the size, and drop what only a file of its own needs; the page describes the chart in words."""
    opening = re.match(r'<svg[^>]*? width="([\d.]+)" height="([\d.]+)" viewBox="[\d. ]+">', svg)
    if opening is None:
        return ""
    width, height = opening.groups()
    return f'<svg viewBox="0 0 {width} {height}" aria-hidden="true" focusable="false">{svg[opening.end() :]}'


def _names(principals: Sequence[PrincipalSummary], width: int) -> list[str]:
    """Return one short name per principal, all different: a bar belongs to one principal."""
    names: list[str] = []
    for principal in principals:
        arn = parse_arn(principal.arn)
        name = one_line(arn.resource if arn else principal.arn)
        short = middle_cut(name, width)
        if short in names:
            short = middle_cut(f"{name} ({one_line(principal.account_id)})", width)
        while short in names:
            short = f"{short}'"
        names.append(short)
    return names
