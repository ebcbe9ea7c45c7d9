"""Entry point: all commands, and the one place where errors become text and exit status."""

from __future__ import annotations

import errno
import warnings
from typing import Any

import click

from nef2hw.cli.boards import boards
from nef2hw.cli.build import compile_
from nef2hw.cli.check import check
from nef2hw.cli.device import link_test, load, program, run
from nef2hw.cli.ending import INTERRUPTED, ended_by_signals
from nef2hw.cli.imports import import_
from nef2hw.cli.report import report
from nef2hw.cli.simulate import simulate
from nef2hw.cli.verify import verify
from nef2hw.errors import Nef2hwError
from nef2hw.version import __version__

#: Exit status when the thing asked for failed; click itself uses 2 for wrong usage.
FAILED = 1


#: What helps against errors of the operating system.
_CURES = {
    errno.ENOSPC: "; make room there, in the folder for temporary files (TMPDIR) and in the cache "
    "(NEF2HW_CACHE_DIR), or name another folder",
    errno.EROFS: "; name another folder",
    errno.EACCES: "; name another folder, or ask for the right to write there",
}


class Commands(click.Group):
    """A group that turns errors meant for the user into one message and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named."""
        try:
            with ended_by_signals():
                return super().invoke(ctx)
        except Nef2hwError as error:
            message = str(error)
        except BrokenPipeError:
            raise
        except MemoryError as error:
            message = f"not enough memory: {error}"
        except OSError as error:
            message = f"{error.filename or 'a file'}: {error.strerror or error}"
            message += _CURES.get(error.errno or 0, "")
        except KeyboardInterrupt:
            # What was interrupted need not tell that it was not used up.
            warnings.simplefilter("ignore")
            click.echo("nef2hw: interrupted", err=True)
            ctx.exit(INTERRUPTED)
        click.echo(f"nef2hw: {message}", err=True)
        ctx.exit(FAILED)
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nef2hw")
def main() -> None:
    """Put trained spiking neural networks on FPGA boards, with open tools, and prove the result.

    \b
    Example:
      nef2hw compile examples/digits/model.npz --board ulx3s
      nef2hw verify build/digits-ulx3s_85f
    """


for command in (
    import_,
    check,
    compile_,
    simulate,
    verify,
    program,
    load,
    run,
    link_test,
    boards,
    report,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
