"""Runs from a Parquet file, read by pyarrow. Rows are counted from 0."""

from __future__ import annotations

import io

import pandas as pd

from bayescale.runs.source import refuse


def read_parquet(file: str, content: bytes) -> pd.DataFrame:
    """Read a Parquet file.

    Parameters
    ----------
    file : str
        Its name, for messages.
    content : bytes

    Returns
    -------
    pandas.DataFrame
        All columns; the index, named ``row``, counts from 0.

    Raises
    ------
    RunsError
        If it is no Parquet file, or pyarrow is absent.
    """
    if not content.startswith(b"PAR1"):
        refuse("not-parquet", f"File {file!r} is not a Parquet file; give it its own ending.")
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        refuse(
            "no-pyarrow",
            f"File {file!r} is Parquet, which needs pyarrow: "
            'pip install "bayescale[parquet]", or save the table as CSV.',
        )
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(content))
    except (pyarrow.ArrowException, OSError) as fault:
        reason = str(fault).splitlines()[0]
        refuse("not-parquet", f"File {file!r} is a damaged Parquet file: {reason}")
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    return frame.rename_axis(index="row")
