"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the result to this file.")]
