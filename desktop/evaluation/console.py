"""An evaluation as compact tables on the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from desktop.evaluation.results import Result
from desktop.evaluation.summary import Summary
from desktop.evaluation.wording import as_number, as_percent


def print_summary(summary: Summary, console: Console | None = None) -> None:
    """Counts, figures, break-downs, what was not judged, what failed."""
    console = console or Console(highlight=False)
    for table in (_decisions(summary), _figures(summary), _rates(summary), _groups(summary)):
        console.print(table)
        console.print()
    _print_rest(summary, console)
    by = "persons" if summary.sample.has_persons else "clips (the manifest names no persons)"
    console.print(f"Intervals: 95 %, {summary.resamples} resamples of {by}, seed {summary.seed}.", style="dim")


def _table(*columns: str, title: str | None = None, text: int = 1) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", title=title, title_justify="left", title_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number < text else "right", no_wrap=True)
    return table


def _decisions(summary: Summary) -> Table:
    table = _table("clips", "scored", "ALLOW", "NEXT", "BLOCK", "not judged")
    for label, count in summary.counts.items():
        table.add_row(str(label), str(count), *(str(number) for number in summary.decisions(label).values()))
    return table


def _figures(summary: Summary) -> Table:
    table = _table("figure", "value (95 % interval)")
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
    for name, shown in rows:
        table.add_row(name, _cell(*shown))
    return table


def _rates(summary: Summary) -> Table:
    limits = summary.sample.limits
    table = _table("at the thresholds", f"ALLOW, {limits.allow_threshold:.3g}", f"NEXT, {limits.next_threshold:.3g}")
    rows = [
        ("false accepts, all others", "far_allow_all", "far_next_all"),
        ("false accepts, fake", "far_allow_fake", "far_next_fake"),
        ("false accepts, shifted", "far_allow_shifted", "far_next_shifted"),
        ("false rejects, genuine", "frr_allow", "frr_next"),
    ]
    for name, allow, following in rows:
        table.add_row(name, *(_cell(*as_percent(summary.figures[key])) for key in (allow, following)))
    return table


def _groups(summary: Summary) -> Table:
    table = _table("by", "gen./oth.", "AUC", "false accepts", "false rejects")
    for kind, groups in summary.groups.items():
        table.add_row(Text(kind, "bold"))
        for group in groups:
            if not group.genuine + group.others:
                continue
            shown = (as_number(group.auc, 2, "-"), as_percent(group.far, 0, "-"), as_percent(group.frr, 0, "-"))
            table.add_row(f"  {group.name}", f"{group.genuine}/{group.others}", *(_cell(*pair) for pair in shown))
    return table


def _print_rest(summary: Summary, console: Console) -> None:
    unjudged = summary.not_judged
    for reason in sorted({reason for reasons in unjudged.values() for reason in reasons}):
        counts = ", ".join(f"{reasons[reason]} {label}" for label, reasons in unjudged.items() if reasons[reason])
        console.print(Text(f"not judged, {reason}: {counts}"))
    if summary.sample.failed:
        console.print(Text(f"{len(summary.sample.failed)} clips failed and are left out of the figures:", "bold red"))
        for result in summary.sample.failed:
            console.print(Text(f"  {failure(result)}"))


def failure(result: Result) -> str:
    """A failed clip in one line."""
    return f"{result.entry.name} [{result.error.code}] {result.error.message}" if result.error else result.entry.name


def _cell(value: str, interval: str) -> Text:
    return Text.assemble(value, (f" ({interval})", "dim")) if interval else Text(value)
