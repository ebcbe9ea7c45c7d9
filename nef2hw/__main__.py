"""The command ``nef2hw``, or ``python -m nef2hw``."""

from __future__ import annotations


def run() -> None:
    """Run the command line; Ctrl-C ends it without a traceback while it is still being loaded."""
    try:
        from nef2hw.cli.main import main

        main(prog_name="nef2hw")
    except KeyboardInterrupt:
        from nef2hw.cli.ending import INTERRUPTED

        raise SystemExit(INTERRUPTED) from None


if __name__ == "__main__":
    run()
