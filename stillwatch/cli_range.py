"""The commands of the range as they are typed: labelled worlds, and how well they are seen through."""

from __future__ import annotations

import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, RenderableType

from stillwatch.commands import Watcher
from stillwatch.console import progress, show, watching
from stillwatch.errors import NothingUsable, Refused, StillwatchError
from stillwatch.range.build import build_world
from stillwatch.range.cast import WorldSpec
from stillwatch.range.listing import listing_json, listing_view
from stillwatch.range.prompts import Prompts, read_prompts
from stillwatch.range.render import TextMode
from stillwatch.range.scenarios import scenario_named
from stillwatch.range.scoring import score as score_scans
from stillwatch.range.scoring.json import read_score, score_json
from stillwatch.range.scoring.terminal import score_table
from stillwatch.range.store import World
from stillwatch.trials import (
    EARLY_SETS,
    INNOCENT_SETS,
    SETS,
    Baseline,
    Case,
    Drop,
    Innocence,
    Trial,
    drops,
    innocence,
    load_baseline,
    run_case,
    save_baseline,
)
from stillwatch.trials.early_view import early_json, early_view
from stillwatch.trials.innocence_view import innocence_json, innocence_view
from stillwatch.trials.ladder_view import ladder_view
from stillwatch.trials.view import trials_json, trials_view

app = typer.Typer(help="Labelled worlds in which detection is measured.", rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


@app.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    """Labelled worlds in which detection is measured."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(NothingUsable.exit_code)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show the scenarios, the innocent populations and the rungs of the evasion ladder."""
    show(as_json, listing_json, listing_view)


@app.command()
def build(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A name that `stillwatch range list` shows.")],
    out: Annotated[Path, typer.Option("--out", help="New folder for the world.")],
    scale: Annotated[float, typer.Option("--scale", help="Accounts and exchanges against those reported.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")] = 1,
    text: Annotated[TextMode, typer.Option("--text", help="How much text the requests carry.")] = TextMode.FULL,
    innocents: Annotated[
        float | None, typer.Option("--innocents", help="Innocent exchanges for each of the campaign's.")
    ] = None,
    history: Annotated[int, typer.Option("--history", help="Days of innocent traffic before the campaign begins.")] = 0,
    dial: Annotated[
        list[str] | None, typer.Option("--dial", metavar="NAME=FACTOR", help="More or less of a population.")
    ] = None,
    evade: Annotated[list[str] | None, typer.Option("--evade", metavar="RUNG", help="A rung of the ladder.")] = None,
    prompts: Annotated[
        Path | None, typer.Option("--prompts", help="Table with `prompt` and `family`: what the campaign asks.")
    ] = None,
    people_prompts: Annotated[
        Path | None, typer.Option("--people-prompts", help="Table with `prompt` and `family`: what people ask.")
    ] = None,
    hold_out: Annotated[
        list[str] | None, typer.Option("--hold-out", metavar="NAME", help="Family or data set to leave out whole.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Build a labelled world: exchanges, accounts, the truth beside them, and every parameter."""
    tables = _prompts(prompts, people_prompts, tuple(hold_out or ()))
    if tables is not None and text is TextMode.NONE:
        raise NothingUsable("there is no text to draw prompts for", where="--text", expected="`short` or `full`")
    rungs = tuple(evade or ())
    spec = WorldSpec(scenario_named(scenario), scale, text, innocents, _dials(dial or []), rungs, tables, history)
    with progress() as bars, _stoppable():
        task = bars.add_task("building", total=None)
        world = build_world(spec, out, seed, on_rows=lambda n, of: bars.update(task, completed=n, total=of))
    show(as_json, lambda: _world_json(world), lambda: _world_text(world))


@app.command()
def score(
    truth: Annotated[Path, typer.Option("--truth", help="`truth.parquet` of the world that was scanned.")],
    scan: Annotated[
        list[Path], typer.Option("--scan", help="Folder of a scan; several with growing `--until` give the delay.")
    ],
    as_json: AsJson = False,
) -> None:
    """Compare scans with the truth: what was found, how early, and who was accused by mistake."""
    found = score_scans(truth, *scan)
    show(as_json, lambda: score_json(found), lambda: score_table(found))


@app.command()
def report(
    scores: Annotated[list[Path], typer.Argument(metavar="SCORE...", help="JSON files of `range score --json`.")],
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("range.html"),
) -> None:
    """Draw the curves of one or more scores on one page."""
    from stillwatch.range.curves import render_curves

    names = [path.stem for path in scores]
    if len(set(names)) < len(names):
        names = [f"{path.absolute().parent.name}/{path.stem}" for path in scores]
    page = render_curves([(name, read_score(path)) for name, path in zip(names, scores, strict=True)])
    with _writing(out):
        out.write_text(page, encoding="utf-8")
    Console().print(f"Report: {out}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def run(
    which: Annotated[
        str,
        typer.Option(
            "--set",
            help="`fast` (minutes), `ladder`, `full`; how soon: `early`, `early-practice`; innocents alone: "
            "`calibration`, `large`, `practice`, `practice-wide`; logs that lack columns: `thin`, `thin-practice`, "
            "`thin-campaigns`.",
        ),
    ] = "fast",
    only: Annotated[list[str] | None, typer.Option("--only", metavar="CASE", help="These cases of the set.")] = None,
    against: Annotated[
        list[str] | None, typer.Option("--against", metavar="NAME", help="Saved baselines or files; the set's own.")
    ] = None,
    save: Annotated[Path | None, typer.Option("--save", help="Write these results as a baseline.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Keep worlds, scans and scores in this folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Build, scan and score a standard set, and compare it with what it gave before or with what it should give."""
    cases = _cases(which, only or [])
    usual = [] if save or which in (*INNOCENT_SETS, *EARLY_SETS) else [which]
    baselines = {name: _baseline(name, cases) for name in against or usual}
    _check_new(out, cases)
    if save:
        _check_writable(save)
    with _folder(out) as folder, watching() as watcher, _stoppable():
        trials = [_ran(case, folder, watcher, keep=out is not None) for case in cases]
    worse = {name: drops(trials, baseline) for name, baseline in baselines.items()}
    if save:
        save_baseline(trials, save)
    found = innocence(trials) if which in INNOCENT_SETS else None
    if found is not None:
        show(as_json, lambda: innocence_json(trials, worse, found), lambda: innocence_view(trials, worse, found))
    elif which in EARLY_SETS:
        show(as_json, lambda: early_json(trials, worse), lambda: early_view(trials, worse))
    else:
        show(as_json, lambda: trials_json(trials, worse), lambda: _view(which, trials, worse))
    _fail(worse, found)


def _view(which: str, trials: list[Trial], worse: dict[str, list[Drop]]) -> RenderableType:
    return ladder_view(trials, worse) if which == "ladder" else trials_view(trials, worse)


def _ran(case: Case, folder: Path, watcher: Watcher, *, keep: bool) -> Trial:
    """Run one case and leave its score beside its world, or nothing."""
    place = folder / case.name
    trial = run_case(case, place, watcher=watcher)
    if keep:
        text = json.dumps(score_json(trial.score), indent=2)
        (place / f"{case.name}.json").write_text(text + "\n", encoding="utf-8")
    else:
        shutil.rmtree(place)
    return trial


def _fail(worse: dict[str, list[Drop]], found: Innocence | None) -> None:
    if found is not None and found.above_stated:
        raise StillwatchError(
            f"more worlds hold a false campaign than the stated rate of {found.stated:g} explains",
            where="stillwatch range run",
            remedy="`--only CASE --out DIR` keeps a world and its scan to look at",
        )
    count = sum(len(found) for found in worse.values())
    if count:
        raise StillwatchError(
            f"{count} figure{' is' if count == 1 else 's are'} worse than before, beyond tolerance",
            where="stillwatch range run",
            remedy="look at the scores above; if it is meant to be so, `--save` the baseline anew and say why",
        )


def _cases(which: str, only: list[str]) -> list[Case]:
    if which not in SETS:
        raise NothingUsable(f"there is no set `{which}`", where="--set", expected=" or ".join(SETS))
    known = {case.name: case for case in SETS[which]}
    for name in only:
        if name not in known:
            raise NothingUsable(f"no case `{name}` in the set `{which}`", where="--only", expected=", ".join(known))
    return [case for case in SETS[which] if not only or case.name in only]


def _baseline(name: str, cases: list[Case]) -> Baseline:
    """Return a saved baseline that has figures of all `cases`."""
    found = load_baseline(name)
    lacking = [case.name for case in cases if case.id not in found]
    if lacking:
        raise NothingUsable(
            f"the baseline `{name}` has no figures of {', '.join(lacking)} with the seeds of this set",
            where="--against",
            expected="one that was saved from the same set",
            remedy="take `--only` cases that it has, or `--save` it anew",
        )
    return found


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """Give the folder to work in: `out`, which stays, or a temporary one."""
    if out is not None:
        with _writing(out):
            out.mkdir(parents=True, exist_ok=True)
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="stillwatch-range-") as folder:
        yield Path(folder)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let a request to terminate end the work as Ctrl-C does, so that nothing half done is left."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    """Turn a file that cannot be written into an error a user can act on."""
    try:
        yield
    except OSError as error:
        raise NothingUsable(
            f"cannot be written: {error.strerror}",
            where=str(file),
            remedy="name a place that is there and that you may write to",
        ) from error


def _check_writable(file: Path) -> None:
    """Make sure, before hours of work, that their result can be written to `file`."""
    with _writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_dir():
        raise NothingUsable("is a folder", where=str(file), expected="a file", remedy="name a file in it")
    fresh = not file.exists()
    with _writing(file):
        file.open("a").close()
    if fresh:
        file.unlink()


def _check_new(out: Path | None, cases: list[Case]) -> None:
    """Make sure that no case was run in this folder before."""
    taken = [case.name for case in cases if out is not None and (out / case.name).exists()]
    if taken:
        raise Refused(
            f"holds {', '.join(taken)} of an earlier run", where=str(out), remedy="a new `--out`, or remove them"
        )


def _dials(given: list[str]) -> dict[str, float]:
    dials = {}
    for text in given:
        name, _, factor = text.partition("=")
        try:
            dials[name] = float(factor)
        except ValueError as error:
            raise NothingUsable(
                f"`{text}` is no dial", where="--dial", expected="NAME=FACTOR", remedy="`--dial classroom=10`"
            ) from error
    return dials


def _prompts(campaign: Path | None, people: Path | None, hold_out: tuple[str, ...]) -> Prompts | None:
    if campaign is None and people is None:
        if hold_out:
            raise NothingUsable("nothing to hold out from", where="--hold-out", remedy="give `--prompts FILE`")
        return None
    return read_prompts(campaign, people, hold_out=hold_out)


def _world_json(world: World) -> dict[str, object]:
    return {
        "folder": str(world.folder),
        "exchanges": world.n_exchanges,
        "accounts": world.n_accounts,
        "kinds": dict(world.kinds),
    }


def _world_text(world: World) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in world.kinds.items())
    return (
        f"{world.n_exchanges:,} exchanges of {world.n_accounts:,} accounts in {world.folder}\n{kinds}\n"
        f"Scan it: stillwatch scan {world.exchanges} --accounts {world.accounts} --out SCAN"
    )
