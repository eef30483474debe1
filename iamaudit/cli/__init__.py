"""The command line: arguments in, one call of a stage, text or JSON out, an exit code.

Every verb imports what it needs when it runs, so that `iamaudit --help` answers at once.
"""

from __future__ import annotations

import gc
import os
import sys

import click

from iamaudit.cli.apply import apply, diff
from iamaudit.cli.care import lake
from iamaudit.cli.coverage import coverage
from iamaudit.cli.evaluate import evaluate
from iamaudit.cli.explain import explain
from iamaudit.cli.feed import collect, ingest, query
from iamaudit.cli.history import history
from iamaudit.cli.language import compare, map_verb, simulate
from iamaudit.cli.night import demo, nightly, serve
from iamaudit.cli.output import complain
from iamaudit.cli.recommend import recommend
from iamaudit.cli.stages import audit, grants, report, usage
from iamaudit.cli.verify import verify
from iamaudit.cli.watch import watch
from iamaudit.errors import IamAuditError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="iamaudit")
def cli() -> None:
    """Find idle AWS credentials and unused permissions, and get smaller policies with their proof."""


for _verb in (
    demo,
    ingest,
    collect,
    map_verb,
    simulate,
    usage,
    grants,
    audit,
    recommend,
    diff,
    apply,
    watch,
    evaluate,
    history,
    explain,
    report,
    compare,
    verify,
    lake,
    query,
    nightly,
    serve,
):
    cli.add_command(_verb)
lake.add_command(coverage)


def main() -> None:
    """Run a command; errors are one line on standard error, with what to do next."""
    # numpy's linear algebra starts threads that spin; nothing here multiplies a matrix
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # rows and evidence live until the command is done and are in no ring: looking for rings among millions of them takes seconds
    gc.set_threshold(50_000, 20, 100)
    try:
        code = cli.main(prog_name="iamaudit", standalone_mode=False)
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.Abort:
        click.echo("iamaudit: stopped", err=True)
        code = 130
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"; see `{context.command_path} --help`" if context is not None else ""
        complain([f"{error.format_message().rstrip('.')}{hint}"])
        code = 2
    except IamAuditError as error:
        complain([str(error)])
        code = error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except OSError as error:
        if error.filename is None:
            raise
        complain([f"cannot use `{error.filename}`: {error.strerror}; name another place, or mend this one"])
        code = 2
    sys.exit(code or 0)
