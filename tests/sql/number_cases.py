"""Numbers, as columns have them."""

from decimal import Decimal

from hypothesis import strategies as st

from ownid_grpc.domain.source import Kind
from tests.sql.codec_case import MONEY_LITERALS, POSTGRESQL, CodecCase, every, on

NUMBER_CASES = [
    CodecCase(
        "cents",
        on("INTEGER", "BIGINT", "BIGINT"),
        {"encoding": {"scale": 2}},
        Kind.NUMBER,
        [Decimal("19.90"), Decimal("-0.01"), Decimal("0.00"), Decimal("92233720368547758.07")],
        [Decimal("0.001"), Decimal("92233720368547758.08"), "x", True, Decimal("1e400")],
        MONEY_LITERALS,
        any_value=st.integers(-(2**63), 2**63 - 1).map(lambda each: Decimal(each).scaleb(-2)),
    ),
    CodecCase(
        "bits_number", on(mariadb="BIT(8)"), {}, Kind.INTEGER, [0, 5, 255], [256, -1], [7, 300]
    ),
    CodecCase(
        "integer_text",
        every("VARCHAR(25)"),
        {"type": "integer"},
        Kind.INTEGER,
        [0, -5, 10, 9, 2**53 + 1, 2**62],
        [1.5, "5", True, 10**30],
        [9, 10, 2**53, Decimal("9.5")],
        odd={
            "": {"'007'": 7, "' 8 '": 8, "'x'": None, "''": None, "'1.5'": None, "'1_0'": None},
        },
        any_value=st.integers(-(2**63), 2**63 - 1),
    ),
    CodecCase(
        "number_text",
        every("VARCHAR(60)"),
        {"type": "number"},
        Kind.NUMBER,
        [Decimal("0.10"), Decimal(-3), Decimal("1234.5"), 12, 0.5],
        ["x", True, Decimal("1e60")],
        MONEY_LITERALS,
        odd={"": {"'.5'": Decimal("0.5"), "'+1.'": Decimal(1), "'1e5'": None, "'1.2.3'": None}},
    ),
    CodecCase(
        "decimal",
        every("DECIMAL(12,2)"),
        {},
        Kind.NUMBER,
        [Decimal("19.90"), Decimal("-0.01")],
        [Decimal("0.001")],
        MONEY_LITERALS,
        odd={POSTGRESQL: {"'NaN'": None}},
    ),
    CodecCase(
        "endless",
        on(postgresql="NUMERIC"),
        {},
        Kind.NUMBER,
        [Decimal("0.10"), Decimal("1e40")],
        (),
        MONEY_LITERALS,
        odd={"": {"'NaN'": None, "'Infinity'": None, "'-Infinity'": None}},
    ),
    CodecCase(
        "double",
        on("REAL", "DOUBLE PRECISION", "DOUBLE"),
        {},
        Kind.NUMBER,
        [0.1, -1.5e300, 0.30000000000000004],
        ["x"],
        [Decimal("0.1"), Decimal("0.10000000000000000001"), Decimal("0.2")],
        odd={POSTGRESQL: {"'NaN'": None, "'Infinity'": None}},
    ),
    CodecCase(
        "single",
        on(postgresql="REAL", mariadb="FLOAT"),
        {},
        Kind.NUMBER,
        [0.1, 1.5, -2.25, 12345.6],
        [0.123456789, 1e300, 1e-45],
        [Decimal("0.1"), Decimal("0.100000001"), Decimal("12345.6")],
    ),
]
