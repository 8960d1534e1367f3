"""The page of an evaluation: one file, no script, nothing fetched from anywhere, in the look of the report."""

from lipgate.core.evaluation.bootstrap import Estimate
from lipgate.core.evaluation.manifest import Label
from lipgate.core.reasons import Reason
from lipgate.core.verdict import Decision
from lipgate.desktop.evaluation import plots
from lipgate.desktop.evaluation.cells import cell, table
from lipgate.desktop.evaluation.header import Header
from lipgate.desktop.evaluation.presentation_page import header_card, presentation_cards
from lipgate.desktop.evaluation.summary import Group, Summary
from lipgate.desktop.evaluation.wording import DASH, as_number, as_percent
from lipgate.desktop.report import words
from lipgate.desktop.report.frame import document

MOST_LISTED = 50
"""Clips in a list; the rest is counted."""


def page(summary: Summary, header: Header) -> str:
    """The page as a string."""
    title = f"Evaluation: {words.text(header.manifest.name)}"
    parts = [f"<h2>{words.name(header.manifest)}</h2>", header_card(header), presentation_cards(summary.presentations)]
    parts += ["<h2>The score</h2>", _headline(summary), _cards(summary), _rates(summary), _plots(summary), _groups(summary)]
    parts += [_mistakes(summary), _rest(summary), _intervals(summary)]
    return document(title, "Lipgate: how well are clips told apart?", parts, plots.STYLE)


def _headline(summary: Summary) -> str:
    counts, limits = summary.counts, summary.sample.limits
    others = counts[Label.FAKE] + counts[Label.SHIFTED]
    scored = f"{counts[Label.GENUINE]} genuine, {counts[Label.FAKE]} fake and {counts[Label.SHIFTED]} shifted clips were scored."
    sentences = [scored]
    refused, let_in = summary.figures["frr_allow"], summary.figures["far_allow_all"]
    if refused and others and let_in:
        sentences.append(
            f"With ALLOW from a score of {limits.allow_threshold:.2g} and an offset of at most {limits.max_offset_frames} "
            f"frames, {_said(refused)} of genuine clips are refused and {_said(let_in)} of the others accepted."
        )
    else:
        sentences.append("Figures that need both genuine clips and others show a dash.")
    return f'<div class="card"><p class="headline">{" ".join(sentences)}</p>{_decisions(summary)}</div>'


def _said(found: Estimate) -> str:
    value, interval = as_percent(found)
    return f"<strong>{value}</strong> (95 %: {interval} %)".replace(" %", "&nbsp;%")


def _decisions(summary: Summary) -> str:
    names = [*map(str, Decision), "not judged"]
    rows = [
        f'<tr><th scope="row">{label}</th><td class="n">{count}</td>'
        + "".join(f'<td class="n">{number}</td>' for number in summary.decisions(label).values())
        + "</tr>"
        for label, count in summary.counts.items()
    ]
    return table(["Clips", "scored", *names], rows)


def _cards(summary: Summary) -> str:
    found = summary.figures
    cards = [
        (
            "AUC, genuine against fake",
            *as_number(found["auc_fake"]),
            "1: every genuine clip ranks above every fake; 0.5: chance.",
        ),
        (
            "Equal error rate",
            *as_percent(found["eer_all"]),
            "Where a threshold would refuse as many genuine clips as it accepts others.",
        ),
        (
            "Offset right",
            *as_percent(found["offset_within_1"]),
            "Genuine clips whose offset is measured within 1 frame of zero, of those judged.",
        ),
        (
            "Calibration error",
            *as_number(found["ece_balanced"]),
            "How far a score lies from the share of genuine clips that have it, both classes weighing the same. "
            f"With the clips as they are: {' ('.join(as_number(found['ece']))}).",
        ),
    ]
    return '<dl class="figures">' + "".join(_card(*card) for card in cards) + "</dl>"


def _card(name: str, value: str, interval: str, explained: str) -> str:
    sign = " %" if value.endswith("%") else ""
    unit = f"95 %: {interval}{sign}" if interval else "cannot be had from these clips"
    return (
        f'<div class="card"><dt>{name}</dt><dd><span class="value">{value}</span><br><span class="unit">{unit}</span>'
        f'<div class="small">{explained.replace(f"{DASH} ()", DASH)}</div></dd></div>'
    )


def _rates(summary: Summary) -> str:
    limits = summary.sample.limits
    rows = []
    for label, name in (("fake", "fake"), ("shifted", "shifted"), ("all", "all attacks")):
        ranks = cell(as_number(summary.figures[f"auc_{label}"])) + cell(as_percent(summary.figures[f"eer_{label}"]))
        rates = cell(as_percent(summary.figures[f"far_allow_{label}"])) + cell(as_percent(summary.figures[f"far_next_{label}"]))
        rows.append(f'<tr><th scope="row">FAR, {name}</th>{rates}{ranks}</tr>')
    rates = cell(as_percent(summary.figures["frr_allow"])) + cell(as_percent(summary.figures["frr_next"]))
    rows.append(f'<tr><th scope="row">FRR (BPCER), genuine</th>{rates}<td></td><td></td></tr>')
    heads = ["", f"ALLOW ({limits.allow_threshold:.3g})", f"NEXT ({limits.next_threshold:.3g})", "AUC", "equal error rate"]
    note = (
        "Accepted: ALLOW. Under NEXT: what ALLOW would accept from that score. What was not judged, or has more against it than "
        "its score, is never accepted. AUC and equal error rate rank clips by the same rule. Small numbers: 95 % intervals."
    )
    return f'<div class="card"><h3>At the thresholds</h3>{table(heads, rows)}<p class="small soft">{note}</p></div>'


def _plots(summary: Summary) -> str:
    sample = summary.sample
    figures = []
    if sample.genuine.any() and (~sample.genuine).any():
        figures.append(
            _figure(
                "Genuine clips accepted against others accepted",
                plots.roc_plot(summary),
                "The curve moves to the upper left as clips are told apart better. The shade is where 95 % of resamples run.",
            )
        )
    if sample.judged.any():
        figures.append(
            _figure(
                "Scores",
                plots.histograms(summary),
                "Each row has its own scale; the number at the left is its longest bar. Shifted clips may score high: their "
                "offset gives them away, not the score.",
            )
        )
    if len(sample):
        caption = "Accepting also takes an offset within the limit, so lines of shifted clips begin low."
        figures.append(_figure("Errors as the threshold rises", plots.error_plot(summary), caption))
    if (sample.genuine & sample.judged).any() and (~sample.genuine & sample.judged).any():
        figures.append(
            _figure(
                "Is a score of 0.8 right in 8 of 10 cases?",
                plots.reliability_plot(summary),
                "On the dashed line scores are what they claim. Numbers: clips in each tenth of the scores.",
            )
        )
    if sample.judged.any():
        caption = "Genuine clips lie at the upper left: a small distance and a clear best shift."
        figures.append(_figure("What was measured", plots.scatter(summary), caption))
    return f'<div class="card"><div class="plots">{"".join(figures)}</div></div>'


def _figure(title: str, drawn: str, caption: str) -> str:
    return f"<figure><h4>{title}</h4>{drawn}<figcaption>{caption}</figcaption></figure>"


def _groups(summary: Summary) -> str:
    rows = []
    for kind, groups in summary.groups.items():
        rows.append(f'<tr><th scope="rowgroup" colspan="6">By {kind}</th></tr>')
        rows += [_group(group) for group in groups if group.genuine + group.others]
    heads = ["", "genuine", "others", "AUC", "falsely accepted", "falsely refused"]
    note = "A dash: too few clips of a class for a figure."
    return f'<div class="card"><h3>Where it is better and worse</h3>{table(heads, rows)}<p class="small soft">{note}</p></div>'


def _group(group: Group) -> str:
    counts = f'<td class="n">{group.genuine}</td><td class="n">{group.others}</td>'
    figures = "".join(map(cell, (as_number(group.auc, 2), as_percent(group.far), as_percent(group.frr))))
    return f'<tr><td class="keep">{group.name}</td>{counts}{figures}</tr>'


def _mistakes(summary: Summary) -> str:
    refused, accepted = summary.mistakes()
    lists = [
        ("Genuine, but refused", "The least scores first.", refused),
        ("Accepted, but not genuine", "The greatest scores first.", accepted),
    ]
    cards = []
    for title, note, places in lists:
        rows = [_mistake(summary, at) for at in places]
        listed = table(["Clip", "Verdict", "Score", "Offset"], rows) if rows else "<p>None.</p>"
        cards.append(f'<div class="card"><h3>{title}</h3><p class="small soft">{note if rows else ""}</p>{listed}</div>')
    return f'<h2>The worst mistakes</h2><div class="two">{"".join(cards)}</div>'


def _mistake(summary: Summary, at: int) -> str:
    sample = summary.sample
    decision = sample.decisions[at]
    offset = words.number(float(sample.offset[at]), 0, signed=True)
    return (
        f'<tr><td class="file-name">{_clip(sample.results[at].entry.name)}</td>'
        f'<td><span class="pill {decision.lower()}">{decision}</span></td>'
        f'<td class="n">{sample.score[at]:.3f}</td><td class="n">{offset}</td></tr>'
    )


def _rest(summary: Summary) -> str:
    """Clips not judged and clips that failed."""
    unjudged = [result for result in summary.sample.results if result.measured and not result.measured.judged]
    parts = []
    if unjudged:
        rows = [
            f'<tr><td class="file-name">{_clip(item.entry.name)}</td><td>{item.entry.label}</td>'
            f"<td>{_reason(str(item.measured.reason))}</td></tr>"
            for item in unjudged[:MOST_LISTED]
            if item.measured
        ]
        listed = table(["Clip", "Label", "Why"], rows)
        parts.append(f'<div class="card"><h3>Not judged: {len(unjudged)}</h3>{listed}{_more(unjudged)}</div>')
    if failed := summary.sample.failed:
        rows = [
            f'<tr><td class="file-name">{_clip(item.entry.name)}</td><td>{item.entry.label}</td>'
            f"<td>{words.text(item.error.message)} [{words.text(item.error.code)}]</td></tr>"
            for item in failed[:MOST_LISTED]
            if item.error
        ]
        said = f"Failed, left out of all figures: {len(failed)}"
        parts.append(f'<div class="card warning"><h3>{said}</h3>{table(["Clip", "Label", "Error"], rows)}{_more(failed)}</div>')
    return "".join(parts)


def _more(items: list) -> str:
    more = len(items) - MOST_LISTED
    return f'<p class="small soft">{more} more are not shown.</p>' if more > 0 else ""


def _reason(code: str) -> str:
    said = Reason(code).text if code in list(Reason) else ""
    return words.text(f"{said} [{code}]")


def _intervals(summary: Summary) -> str:
    by = "persons" if summary.sample.has_persons else "clips, as the manifest names no persons"
    how = f"bootstrap with {summary.resamples} resamples of {by}; Wilson's where a share is 0 or 1. Seed {summary.seed}."
    return f'<p class="small soft">Intervals: 95 %, {how}</p>'


def _clip(name: str) -> str:
    return f"<bdi>{words.text(name)}</bdi>"
