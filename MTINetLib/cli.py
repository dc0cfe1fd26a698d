"""``mtinet`` on the command line: the commands, and how their errors end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

import MTINetLib
from MTINetLib.commands.analyze import analyze
from MTINetLib.commands.bench import bench_command
from MTINetLib.commands.check import check
from MTINetLib.commands.cohort import cohort
from MTINetLib.commands.compare import compare
from MTINetLib.commands.curves import curves
from MTINetLib.commands.dataset_page import dataset_page
from MTINetLib.commands.demo import demo
from MTINetLib.commands.endings import end_as_cancelled
from MTINetLib.commands.evaluate import evaluate
from MTINetLib.commands.export_dataset import export_command
from MTINetLib.commands.failures import CANCELLED, Failure, failure_of, quiet_libraries, show_tracebacks
from MTINetLib.commands.import_dataset import import_dataset
from MTINetLib.commands.info import info
from MTINetLib.commands.inspect import inspect
from MTINetLib.commands.label import label
from MTINetLib.commands.listen import listen
from MTINetLib.commands.outline import install_outline, outline
from MTINetLib.commands.phantom import phantom
from MTINetLib.commands.send import send
from MTINetLib.commands.streams import own_stderr, show_what_can_be_shown
from MTINetLib.commands.train import train
from MTINetLib.commands.view import view
from MTINetLib.malloc_tuning import keep_freed_memory

app = typer.Typer(
    name="mtinet",
    help="Liver lesions in contrast-enhanced MRI of the phases that the model takes: segmentation, "
    "time-intensity curves, classes. "
    "Research use only.",
    add_completion=False,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    analyze,
    cohort,
    view,
    outline,
    curves,
    send,
    listen,
    inspect,
    phantom,
    label,
    check,
    train,
    evaluate,
    compare,
):
    app.command()(command)
app.command("dataset")(dataset_page)
app.command("import")(import_dataset)
app.command("export")(export_command)
app.command("bench")(bench_command())
app.command()(demo)
app.command()(info)
app.command()(install_outline)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mtinet {MTINetLib.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    debug: Annotated[
        bool,
        typer.Option("--debug", envvar="MTINET_DEBUG", help="Show the traceback of an error, and log more."),
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    show_tracebacks(debug)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> int:
    """The program: one command, with libraries kept quiet and the process's memory kept warm."""
    show_what_can_be_shown()
    quiet_libraries()
    end_as_cancelled()
    keep_freed_memory()
    return run(sys.argv[1:])


def run(arguments: Sequence[str]) -> int:
    """Run one command, given without the program's name.

    Returns:
        0; 2 for what the user can set right; 130 when cancelled; 1 for a defect of the program.
    """
    command = typer.main.get_command(app)
    try:
        code = command.main(args=list(arguments), prog_name="mtinet", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where an error still has its sentence
    except BaseException as error:
        return _ended(failure_of(error))
    if code == CANCELLED:  # some versions of Typer answer Ctrl+C themselves
        return _ended(failure_of(KeyboardInterrupt()))
    return code if isinstance(code, int) else 0


def _ended(failure: Failure) -> int:
    stderr = own_stderr()
    if failure.sentence and stderr is not None:
        stderr.write(f"mtinet: {failure.sentence}\n")
    return failure.code


if __name__ == "__main__":
    sys.exit(main())
