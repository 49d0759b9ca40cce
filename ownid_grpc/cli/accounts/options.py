"""Options that several commands about accounts have."""

from typing import Annotated

import typer

FieldsOption = Annotated[
    str,
    typer.Option(help="The fields to return, with commas between, such as name,email."),
]
FilterOption = Annotated[
    str,
    typer.Option("--filter", "-f", help="Which accounts, in the language of AIP-160."),
]
OrderOption = Annotated[
    str,
    typer.Option(help="The order, such as 'family_name, loyalty desc'."),
]
RetriesOption = Annotated[
    int, typer.Option(min=0, max=1000, help="How often in a row to resume a broken search.")
]
DisabledOption = Annotated[
    bool | None,
    typer.Option("--disabled/--enabled", help="Whether it may not sign in.", show_default=False),
]
CsvOption = Annotated[
    bool,
    typer.Option("--csv", help="The file is CSV, as one whose name ends on .csv is."),
]


def is_csv_file(file: str, *, is_csv: bool) -> bool:
    """Returns whether a file holds CSV, as `--csv` or its name says."""
    return is_csv or file.lower().endswith(".csv")
