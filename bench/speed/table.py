"""Tables of a run: for the terminal, and in Markdown for a file that is kept."""

from bench.speed.aims import Aim, aims
from bench.speed.results import Measurement, Results, Throughput

COLUMNS = ("clip", "contender", "seconds", "x real time", "peak MB", "loading s", "of which, ms")
FILES_COLUMNS = ("files", "--jobs", "seconds", "files a second", "times as fast as 1 job", "peak MB")
AIM_COLUMNS = ("aimed at on two cores", "at most / at least", "measured", "reached")
LINE_COLUMNS = ("contender", "fixed s", "s for a second of video", "farthest from the line")

NOTES = (
    "Seconds are medians, with the networks loaded; loading and imports stand beside them. Peak memory is the most that lies",
    "in RAM at a time, in the process and in all that it starts (ffmpeg); pages that several share count for each.",
    "Random weights cost what good ones cost; where a detector has them, the faces are told from outside and its network looks",
    "at every picture all the same.",
)


def rows(results: Results) -> list[list[str]]:
    """One for each contender and clip; `COLUMNS`."""
    return [_row(item) for item in results.measurements]


def file_rows(results: Results) -> list[list[str]]:
    """One for each run of the command line; `FILES_COLUMNS`."""
    first = next((item.seconds for item in results.throughput if item.files > 1), None)
    return [_file_row(item, first) for item in results.throughput]


def line_rows(results: Results) -> list[list[str]]:
    """One for each straight line; `LINE_COLUMNS`."""
    return [
        [item.contender, f"{item.fixed_s:.2f}", f"{item.per_video_second_s:.4f}", f"{item.worst_residual * 100:.0f} %"]
        for item in results.lines()
    ]


def aim_rows(results: Results) -> list[list[str]]:
    """One for each aim of which the run tells; `AIM_COLUMNS`."""
    return [_aim_row(aim) for aim in aims(results)]


def about(results: Results) -> str:
    """What it was measured with and on."""
    found = results.to_dict()
    machine = found["machine"]
    memory = f", {machine['memory_gb']:g} GB" if machine["memory_gb"] else ""
    load = f"; load before {machine['load_before']:g}" if machine["load_before"] is not None else ""
    return (
        f"Lipgate {found['version']}; {machine['processor']}, {machine['cores']} cores{memory}; "
        f"{machine['system']}, Python {machine['python']}{load}"
    )


def show_tables(results: Results) -> None:
    """Print for a person."""
    from lipgate.handlers.commands.printing import plain_table, show

    show(about(results))
    for columns, body in _parts(results):
        table = plain_table(*columns)
        for row in body:
            table.add_row(*row)
        show("")
        show(table)


def markdown(results: Results, command: str, plot: str | None) -> str:
    """The page.

    Args:
        results: of a run.
        command: what brought them.
        plot: name of the picture beside it, if there is one.
    """
    lines = ["# Speed", "", about(results), "", f"    {command}", "", *NOTES, ""]
    if plot:
        lines += [f"![Cost over length]({plot})", ""]
    for columns, body in _parts(results):
        lines += [_cells(columns), _cells(["---"] * len(columns)), *(_cells(row) for row in body), ""]
    return "\n".join(lines)


def _parts(results: Results) -> list[tuple[tuple[str, ...], list[list[str]]]]:
    every = [
        (AIM_COLUMNS, aim_rows(results)),
        (COLUMNS, rows(results)),
        (LINE_COLUMNS, line_rows(results)),
        (FILES_COLUMNS, file_rows(results)),
    ]
    return [(columns, body) for columns, body in every if body]


def _row(item: Measurement) -> list[str]:
    if item.seconds is None or item.real_time_factor is None or item.load_s is None:
        return [item.case, item.contender, item.state, "-", "-", "-", item.reason or ""]
    stages = ", ".join(f"{name} {value:.0f}" for name, value in item.stages_ms.items() if value >= 1)
    numbers = [f"{item.seconds:.2f}", f"{item.real_time_factor:.1f}", _whole(item.peak_mb), f"{item.load_s:.2f}"]
    return [item.case, item.contender, *numbers, stages]


def _aim_row(aim: Aim) -> list[str]:
    word = "at least" if aim.at_least else "at most"
    value = f"{aim.value:.0f}" if aim.value >= 100 else f"{aim.value:.2f}"
    return [aim.what, f"{word} {aim.limit:g} {aim.unit}", value, "yes" if aim.reached else "no"]


def _file_row(item: Throughput, first: float | None) -> list[str]:
    counts = [str(item.files), str(item.jobs)]
    if item.seconds is None:
        return [*counts, "failed", "-", "-", item.reason or "-"]
    gain = f"{first / item.seconds:.2f}" if first and item.files > 1 else "-"
    return [*counts, f"{item.seconds:.2f}", f"{item.files / item.seconds:.2f}", gain, _whole(item.peak_mb)]


def _whole(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _cells(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
