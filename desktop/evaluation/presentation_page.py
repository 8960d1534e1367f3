"""Header and figures of presentation attack detection on the page of an evaluation."""

from lipgate.core.reasons import Reason
from lipgate.desktop.evaluation.cells import cell, plain, row, sha, table
from lipgate.desktop.evaluation.comparison import Comparison
from lipgate.desktop.evaluation.header import Header
from lipgate.desktop.evaluation.presentations import POINTS, BonaFide, Presentations
from lipgate.desktop.evaluation.rates import Rate
from lipgate.desktop.evaluation.terms import CLAIM, DEFINITIONS
from lipgate.desktop.evaluation.wording import as_percent, as_rate, headline, percent, say_gap, unreached
from lipgate.desktop.report import words


def header_card(header: Header) -> str:
    """What was tested and how."""
    sync, detector, limits, site = header.models.sync_info, header.models.detector_info, header.models.limits, header.models.site
    facts = [
        ("Product", f"{words.text(header.product)}, {words.text(f'{header.made:%Y-%m-%d %H:%M %Z}')}"),
        ("Sync model", f"{words.text(sync.name)} {words.text(sync.version)} {sha(sync.sha256)}"),
        ("Face detector", f"{words.text(detector.name)} {words.text(detector.version)} {sha(detector.sha256)}"),
        ("Calibration", words.text(header.calibration) + (f" {sha(site.sha256)}" if site else "")),
        (
            "Thresholds",
            f"ALLOW from a score of {limits.allow_threshold:.4g}, NEXT from {limits.next_threshold:.4g}, offset of at most "
            f"{limits.max_offset_frames} frames",
        ),
        ("Profile", words.text(header.profile)),
        *[(name.capitalize() if name == "accepted" else f"{name} counts as", said) for name, said in header.policy.items()],
        ("Manifest", f"{words.name(header.manifest)} {sha(header.manifest_sha256)}"),
    ]
    listed = "".join(f"<dt>{name}</dt><dd>{said}</dd>" for name, said in facts)
    return f'<div class="card"><h3>What was tested</h3><dl class="facts small">{listed}</dl></div>'


def presentation_cards(found: Presentations) -> str:
    """Headline, attacks, bona fide presentations, non-responses, comparisons, terms, and what is not claimed."""
    cards = [f'<p class="headline"><strong>{words.text(headline(found))}</strong></p><p class="small soft">{CLAIM}</p>']
    if found.species:
        cards.append(_attacks(found))
    if found.bona_fide:
        cards.append(_bona_fide(found.bona_fide, found.attempts))
    if reasons := _reasons(found):
        cards.append(reasons)
    cards += [_comparison(comparison) for comparison in found.comparisons.values()]
    cards.append(_terms())
    return "".join(f'<div class="card">{card}</div>' for card in cards)


def _attacks(found: Presentations) -> str:
    tried = any(one.by_transaction for one in found.species)
    heads = ["Species", "attacks", "persons", "APCER", "APNRR", *([f"APCER, best of {found.attempts}"] if tried else [])]
    heads += [f"APCER at BPCER {percent(at)}" for at in POINTS]
    rows = []
    for one in found.species:
        cells = [plain(one.apcer.trials), plain(one.apcer.persons), cell(as_rate(one.apcer)), cell(as_rate(one.apnrr))]
        cells += [cell(as_rate(one.by_transaction))] if tried else []
        cells += [cell(as_percent(at)) for at in one.at_bpcer]
        rows.append(row(one.name, *cells))
    by = "person" if found.by_person else "clip, as the manifest names no persons"
    note = f"The worst species stands first. Small numbers: 95 % intervals by {by}. {unreached(found)}"
    return f'<h3>Attacks by species</h3>{table(heads, rows)}<p class="small soft">{note}</p>'


def _bona_fide(found: BonaFide, attempts: int) -> str:
    rows = [row("all attempts", *_counts(found.bpcer), cell(as_rate(found.bpcer)), cell(as_rate(found.bpnrr)))]
    others: list[tuple[str, Rate | None]] = [(f"attempt {number}", rate) for number, rate in found.by_attempt.items()]
    others += [(f"transaction, best of {attempts}", found.by_transaction), ("transaction that BLOCK ends", found.at_once)]
    rows += [row(name, *_counts(rate), cell(as_rate(rate)), "<td></td>") for name, rate in others if rate]
    return f"<h3>Genuine clips</h3>{table(['', 'number', 'persons', 'BPCER', 'BPNRR'], rows)}"


def _reasons(found: Presentations) -> str:
    """Non-responses by reason; a column for genuine clips and one for each species that has any."""
    sides = [("genuine", found.bona_fide.reasons, found.bona_fide.bpnrr.trials)] if found.bona_fide else []
    sides += [(one.name, one.reasons, one.apnrr.trials) for one in found.species if one.reasons]
    reasons = sorted({reason for _, told, _ in sides for reason in told})
    if not reasons:
        return ""
    rows = []
    for reason in reasons:
        said = f"{Reason(reason).text} [{reason}]" if reason in list(Reason) else reason
        shares = [(told.get(reason, 0), among) for _, told, among in sides]
        rows.append(row(said, *(cell((percent(count / among), f"{count} of {among}")) for count, among in shares)))
    return f"<h3>Without an answer, by reason</h3>{table(['', *(words.text(name) for name, _, _ in sides)], rows)}"


def _comparison(comparison: Comparison) -> str:
    rows = []
    for one in comparison.rows:
        counts = "".join(plain(f"{rate.trials} / {rate.persons}" if rate else "&ndash;") for rate in (one.bpcer, one.apcer))
        rows.append(row(one.value or "(not said)", counts, *(cell(as_rate(rate)) for rate in (one.bpcer, one.bpnrr, one.apcer))))
    heads = ["", "genuine / persons", "attacks / persons", "BPCER", "BPNRR", "APCER"]
    gaps = "".join(f"<p>{words.text(say_gap(name.upper(), gap))}</p>" for name, gap in comparison.gaps.items())
    return f"<h3>By {comparison.column}</h3>{table(heads, rows)}{gaps}"


def _terms() -> str:
    listed = "".join(f"<dt>{term}</dt><dd>{said}</dd>" for term, said in DEFINITIONS.items())
    return f'<h3>Terms</h3><dl class="facts small">{listed}</dl>'


def _counts(rate: Rate) -> tuple[str, str]:
    return plain(rate.trials), plain(rate.persons)
