"""Builds the C++ library of `operators/native.py`; everything else is said in `pyproject.toml`.

`optional`: where there is no compiler, the installation succeeds all the same, and `engine: eager` works.
"""

import hashlib
from pathlib import Path

from setuptools import Extension, setup

SOURCES = sorted(path for room in ("operators", "quality") for path in Path(room).glob("*.cpp"))
HEADERS = sorted(Path("operators").glob("*.h"))
SHA256 = hashlib.sha256(b"".join(path.read_bytes() for path in sorted([*SOURCES, *HEADERS]))).hexdigest()

FLAGS = [
    *("-std=c++17", "-O3", "-fopenmp-simd"),
    "-ffp-contract=off",  # a fused multiplication and addition rounds once where others round twice
    # Or minima, maxima and roots are no vector instructions. None of these lets the compiler reorder sums.
    *("-fno-math-errno", "-fno-trapping-math", "-ffinite-math-only", "-fno-signed-zeros"),
]

setup(
    ext_modules=[
        Extension(
            "operators._native",
            [path.as_posix() for path in SOURCES],
            depends=[path.as_posix() for path in HEADERS],
            include_dirs=["operators"],
            define_macros=[("SOURCES_SHA256", f'"{SHA256}"')],
            extra_compile_args=FLAGS,
            language="c++",
            optional=True,
        )
    ]
)
