"""Header and figures of presentation attack detection on the terminal, in 80 columns."""

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from lipgate.desktop.evaluation.comparison import Comparison
from lipgate.desktop.evaluation.header import Header
from lipgate.desktop.evaluation.presentations import POINTS, BonaFide, Presentations, Species
from lipgate.desktop.evaluation.rates import Rate
from lipgate.desktop.evaluation.terms import CLAIM
from lipgate.desktop.evaluation.wording import DASH, as_percent, as_rate, headline, percent, say_gap, unreached

_NAME = 24
"""Widest name of a species or group; a longer one is folded."""


def table(*columns: str, wide: int | None = None) -> Table:
    """An empty table. The first column holds text, of at most a width; the others stand to the right."""
    found = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    found.add_column(columns[0], no_wrap=wide is None, overflow="fold", max_width=wide)
    for name in columns[1:]:
        found.add_column(name, justify="right", no_wrap=True)
    return found


def cell(value: str, interval: str) -> Text:
    """A figure with what surrounds it in a fainter tone."""
    return Text.assemble(value, (f" ({interval})", "dim")) if interval else Text(value)


def print_header(header: Header, console: Console) -> None:
    """What was tested and how."""
    sync, detector, limits = header.models.sync_info, header.models.detector_info, header.models.limits
    rows = [
        ("product", f"{header.product}, {header.made:%Y-%m-%d %H:%M}"),
        ("networks", f"{sync.name} {sync.version} {sync.sha256[:12]}, {detector.name} {detector.version}"),
        ("calibration", header.calibration),
        (
            "thresholds",
            f"ALLOW {limits.allow_threshold:.4g}, NEXT {limits.next_threshold:.4g}, offset {limits.max_offset_frames} frames, "
            f"profile {header.profile}",
        ),
        ("accepted", header.policy["accepted"]),
        ("manifest", f"{header.manifest.name} {header.manifest_sha256[:12]}"),
    ]
    grid = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, said in rows:
        grid.add_row(name, Text(said))
    console.print(grid)
    console.print()


def print_presentations(found: Presentations, console: Console) -> None:
    """Headline, attacks, bona fide presentations, non-responses, comparisons, and what is not claimed."""
    console.print(Text(headline(found), "bold"))
    console.print()
    for shown in _tables(found):
        console.print(shown)
        console.print()
    by = "person" if found.by_person else "clip, as the manifest names no persons"
    small = [unreached(found), f"Intervals by {by}; 'at most': none was hit, rule of three.", CLAIM]
    console.print(Text(" ".join(filter(None, small)), "dim"))
    console.print()


def _tables(found: Presentations) -> Iterator[RenderableType]:
    if found.species:
        yield _attacks(found)
        yield _points(found)
    if found.bona_fide:
        yield _bona_fide(found.bona_fide, found.attempts)
    if any(one.reasons for one in found.species) or (found.bona_fide and found.bona_fide.reasons):
        yield _reasons(found)
    for comparison in found.comparisons.values():
        yield _comparison(comparison)
        yield Text("\n".join(say_gap(name.upper(), gap) for name, gap in comparison.gaps.items()))


def _attacks(found: Presentations) -> Table:
    tried = any(one.by_transaction for one in found.species)
    shown = table("attack", "n/persons", "APCER % (95 %)", "APNRR", *([f"best of {found.attempts}"] if tried else []), wide=_NAME)
    for one in found.species:
        more = [as_rate(one.by_transaction, 0)[0]] if tried else []
        shown.add_row(Text(one.name), _counts(one.apcer), _rate(one.apcer), as_rate(one.apnrr, 0)[0], *more)
    return shown


def _points(found: Presentations) -> Table:
    shown = table("APCER where BPCER is", *(percent(at) for at in POINTS), wide=_NAME)
    for one in found.species:
        shown.add_row(Text(one.name), *(_short(one, number) for number in range(len(POINTS))))
    return shown


def _short(one: Species, number: int) -> Text:
    value, interval = as_percent(one.at_bpcer[number], 0, "-")
    return cell(value, "" if interval == "no interval" else interval)


def _bona_fide(found: BonaFide, attempts: int) -> Table:
    shown = table("genuine", "n/persons", "BPCER % (95 %)", "BPNRR", wide=_NAME)
    rows: list[tuple[str, Rate | None, str]] = [("all attempts", found.bpcer, as_rate(found.bpnrr)[0])]
    rows += [(f"attempt {number}", rate, "") for number, rate in found.by_attempt.items()]
    rows += [(f"best of {attempts}", found.by_transaction, ""), ("the same, BLOCK ends it", found.at_once, "")]
    for name, rate, unanswered in rows:
        if rate is not None:
            shown.add_row(name, _counts(rate), _rate(rate), unanswered)
    return shown


def _reasons(found: Presentations) -> Table:
    """Non-responses by reason: one row for each, a column for genuine clips and one for all attacks."""
    genuine = found.bona_fide.reasons if found.bona_fide else {}
    bona_fide = found.bona_fide.bpnrr.trials if found.bona_fide else 0
    attacks = sum(one.apnrr.trials for one in found.species)
    shown = table("no answer because", "genuine (BPNRR)", "attacks (APNRR)", wide=_NAME)
    for reason in sorted({*genuine, *(reason for one in found.species for reason in one.reasons)}):
        among = sum(one.reasons.get(reason, 0) for one in found.species)
        shown.add_row(reason, _part(genuine.get(reason, 0), bona_fide), _part(among, attacks))
    return shown


def _comparison(comparison: Comparison) -> Table:
    shown = table(f"by {comparison.column}", "n/pers.", "BPCER % (95 %)", "n/pers.", "APCER % (95 %)", wide=_NAME)
    for row in comparison.rows:
        counts = [_counts(rate) if rate else DASH for rate in (row.bpcer, row.apcer)]
        shown.add_row(Text(row.value or "(not said)"), counts[0], _rate(row.bpcer), counts[1], _rate(row.apcer))
    return shown


def _part(count: int, among: int) -> str:
    return f"{count} ({percent(count / among)})" if among else DASH


def _counts(rate: Rate) -> str:
    return f"{rate.trials}/{rate.persons}"


def _rate(rate: Rate | None) -> Text:
    value, interval = as_rate(rate, 1, "-")
    return cell(value.removesuffix(" %"), interval)
