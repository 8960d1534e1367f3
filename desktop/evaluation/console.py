"""An evaluation as compact tables on the terminal."""

import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lipgate.core.evaluation.results import Result
from lipgate.desktop.evaluation.presentation_tables import cell, print_header, print_presentations, table
from lipgate.desktop.evaluation.summary import Summary
from lipgate.desktop.evaluation.wording import as_number, as_percent
from lipgate.handlers.commands.printing import PIPE_COLUMNS


def print_summary(summary: Summary, console: Console | None = None) -> None:
    """Header, rates of presentations, counts, figures, break-downs, what failed."""
    console = console or Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)
    if summary.header:
        print_header(summary.header, console)
    print_presentations(summary.presentations, console)
    for shown in (_decisions(summary), _figures(summary), _rates(summary), _groups(summary)):
        console.print(shown)
        console.print()
    _print_rest(summary, console)
    by = "persons" if summary.sample.has_persons else "clips (the manifest names no persons)"
    console.print(f"Intervals: 95 %, {summary.resamples} resamples of {by}, seed {summary.seed}.", style="dim")


def _decisions(summary: Summary) -> Table:
    shown = table("clips", "scored", "ALLOW", "NEXT", "BLOCK", "not judged")
    for label, count in summary.counts.items():
        shown.add_row(str(label), str(count), *(str(number) for number in summary.decisions(label).values()))
    return shown


def _figures(summary: Summary) -> Table:
    shown = table("figure", "value (95 % interval)")
    found = summary.figures
    rows = [
        ("AUC, genuine against fake", as_number(found["auc_fake"])),
        ("AUC, genuine against shifted", as_number(found["auc_shifted"])),
        ("AUC, genuine against all others", as_number(found["auc_all"])),
        ("equal error rate, against all others", as_percent(found["eer_all"])),
        ("genuine: offset within 1 frame of zero", as_percent(found["offset_within_1"])),
        ("calibration error, clips as they are", as_number(found["ece"])),
        ("calibration error, classes balanced", as_number(found["ece_balanced"])),
    ]
    for name, found_there in rows:
        shown.add_row(name, cell(*found_there))
    return shown


def _rates(summary: Summary) -> Table:
    limits = summary.sample.limits
    shown = table("at the thresholds", f"ALLOW, {limits.allow_threshold:.3g}", f"NEXT, {limits.next_threshold:.3g}")
    rows = [
        ("FAR, all attacks", "far_allow_all", "far_next_all"),
        ("FAR, fake", "far_allow_fake", "far_next_fake"),
        ("FAR, shifted", "far_allow_shifted", "far_next_shifted"),
        ("FRR (BPCER), genuine", "frr_allow", "frr_next"),
    ]
    for name, allow, following in rows:
        shown.add_row(name, *(cell(*as_percent(summary.figures[key])) for key in (allow, following)))
    return shown


def _groups(summary: Summary) -> Table:
    shown = table("by", "gen./oth.", "AUC", "false accepts", "false rejects")
    for kind, groups in summary.groups.items():
        shown.add_row(Text(kind, "bold"))
        for group in groups:
            if not group.genuine + group.others:
                continue
            figures = (as_number(group.auc, 2, "-"), as_percent(group.far, 0, "-"), as_percent(group.frr, 0, "-"))
            shown.add_row(f"  {group.name}", f"{group.genuine}/{group.others}", *(cell(*pair) for pair in figures))
    return shown


def _print_rest(summary: Summary, console: Console) -> None:
    if summary.sample.failed:
        console.print(Text(f"{len(summary.sample.failed)} clips failed and are left out of the figures:", "bold red"))
        for result in summary.sample.failed:
            console.print(Text(f"  {failure(result)}"))


def failure(result: Result) -> str:
    """A failed clip in one line."""
    return f"{result.entry.name} [{result.error.code}] {result.error.message}" if result.error else result.entry.name
