"""Times and dates, as columns have them."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from ownid_grpc.domain.source import Kind
from tests.sql.codec_case import (
    DATETIME,
    MARIADB,
    MOMENT_LITERALS,
    MOMENTS,
    POSTGRESQL,
    SQLITE,
    CodecCase,
    every,
    on,
)

TIME_CASES = [
    CodecCase(
        "year",
        on(mariadb="YEAR"),
        {},
        Kind.INTEGER,
        [1901, 2024, 2155],
        [1900, 2156, 0],
        [2000, 2024],
    ),
    CodecCase(
        "day",
        every("DATE"),
        {},
        Kind.DATE,
        ["1970-01-01", "2024-02-29", "9999-12-31", "1000-01-01"],
        ["2023-02-29", "2024-1-2", "20240102", "2024-W01-1", "", 1],
        [date(2024, 2, 28), date(1, 1, 1), date(9999, 12, 31)],
        odd={
            "": {"NULL": None},
            POSTGRESQL: {
                "'infinity'": None,
                "'-infinity'": None,
                "'0044-03-15 BC'": None,
                "'12000-01-01'": None,
            },
            MARIADB: {"'0000-00-00'": None, "'2024-00-15'": None, "'2024-01-00'": None},
            SQLITE: {"'0000-00-00'": None, "'2024-02-31'": None, "'x'": None},
        },
        any_value=st.dates(date(1000, 1, 1)).map(date.isoformat),
    ),
    CodecCase(
        "day_text",
        every("VARCHAR(30)"),
        {"type": "date"},
        Kind.DATE,
        ["1970-01-01", "2024-02-29", "0001-01-01"],
        ["2023-02-29", "x"],
        [date(2024, 2, 28), date(1, 1, 1)],
        odd={
            "": {
                "'2024-01-02 10:00:00'": "2024-01-02",
                "'2024-02-31'": None,
                "'2024-01-02x'": None,
                "'02.01.2024'": None,
                "'0000-00-00'": None,
                "''": None,
                "'20240102'": None,
            }
        },
    ),
    CodecCase(
        "day_of_moment",
        DATETIME,
        {"type": "date"},
        Kind.DATE,
        ["1970-01-01", "2024-02-29"],
        ["2024-02-29T00:00:00Z"],
        [date(2024, 2, 28)],
        odd={
            "": {"'2024-02-29 10:00:00'": "2024-02-29"},
            POSTGRESQL: {"'infinity'": None, "'9999-12-31 23:00:00'": "9999-12-31"},
            MARIADB: {"'0000-00-00'": None},
        },
    ),
    CodecCase(
        "zero_date",
        on(mariadb="DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00'"),
        {"null": "0000-00-00 00:00:00"},
        Kind.TIMESTAMP,
        ["2024-01-01T00:00:00Z"],
        ["2024-01-01T00:00:00.5Z"],
        MOMENT_LITERALS,
        odd={"": {"'0000-00-00'": None}},
    ),
    CodecCase(
        "moment",
        on("TIMESTAMP", "TIMESTAMPTZ", "DATETIME(6)"),
        {"type": "timestamp"},
        Kind.TIMESTAMP,
        [*MOMENTS, "2024-01-01T00:00:00.000001Z"],
        ["2024-01-01", "x", 5],
        MOMENT_LITERALS,
        odd={
            POSTGRESQL: {"'infinity'": None, "'-infinity'": None, "'12000-01-01'": None},
            MARIADB: {"'0000-00-00 00:00:00'": None, "'2024-00-15 01:00:00'": None},
            SQLITE: {"'0000-00-00 00:00:00'": None, "'x'": None},
        },
        any_value=st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30)).map(  # noqa: DTZ001 - in UTC
            lambda each: each.isoformat() + "Z"
        ),
    ),
    CodecCase(
        "local",
        DATETIME,
        {"type": "timestamp", "timezone": "Europe/Berlin"},
        Kind.TIMESTAMP,
        [*MOMENTS, "2024-10-27T00:30:00Z", "2024-07-01T00:00:00Z"],
        ["2024-10-27T01:30:00Z"],
        [datetime(2024, 2, 29, 23, 30, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC)],
        odd={"": {"'2024-07-01 12:00:00'": "2024-07-01T10:00:00Z"}},
    ),
    CodecCase(
        "moment_text",
        every("VARCHAR(40)"),
        {"type": "timestamp"},
        Kind.TIMESTAMP,
        MOMENTS,
        ["x"],
        MOMENT_LITERALS,
        odd={"": {"'2024-01-02 03:04:05'": "2024-01-02T03:04:05Z", "'x'": None, "''": None}},
    ),
    CodecCase(
        "epoch_text",
        every("VARCHAR(20)"),
        {"encoding": "epoch_seconds"},
        Kind.TIMESTAMP,
        MOMENTS,
        ["2024-01-01T00:00:00.5Z", "x"],
        MOMENT_LITERALS,
        odd={"": {"''": None, "'x'": None, "'12abc'": None, "' 60'": "1970-01-01T00:01:00Z"}},
    ),
    CodecCase(
        "epoch_micros",
        on("INTEGER", "BIGINT", "BIGINT"),
        {"encoding": "epoch_micros", "null": 0},
        Kind.TIMESTAMP,
        ["2024-02-29T23:59:59.123456Z", "1969-12-31T23:59:59Z"],
        ["1970-01-01T00:00:00Z"],
        MOMENT_LITERALS,
        odd={"": {"0": None}},
    ),
    CodecCase("interval", on(postgresql="INTERVAL"), {}, Kind.TEXT, ["1 day 02:00:00"], (), ["x"]),
    CodecCase(
        "time",
        on("TIME", "TIME", "TIME"),
        {},
        Kind.TEXT,
        ["01:02:03", "23:00:00"],
        (),
        ["01", "01:02:03"],
        odd={MARIADB: {"'-26:00:01'": "-26:00:01"}},
    ),
]
