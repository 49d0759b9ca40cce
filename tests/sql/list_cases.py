"""Lists, as columns have them."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from ownid_grpc.domain.source import Kind
from tests.sql.codec_case import TEXT, CodecCase, every, on

LIST_CASES = [
    CodecCase(
        "separated",
        every("VARCHAR(200)"),
        {"encoding": {"separated": ","}},
        Kind.ARRAY,
        [["a"], ["a", "b"], ["", ""], ["a", "", "A"], ["é", "%", "_", "*", "[a]", "a b", " a"], []],
        [["a,b"], [""], "a", [1], [None], ["x" * 201]],
        ["a", "A", "b", "", "%", "a,b", "e", " a", "[a]", "*"],
        odd={"": {"''": [], "'a,,b'": ["a", "", "b"], "NULL": None}},
        item_kind=Kind.TEXT,
        any_value=st.lists(
            st.sampled_from(["a", "b", "é", "x%", "", "A", "\\", "'"]), min_size=2, max_size=5
        ),
    ),
    CodecCase(
        "separated_by_two",
        every("VARCHAR(200)"),
        {"encoding": {"separated": "::"}, "null": ""},
        Kind.ARRAY,
        [["a", ":b"], ["a", "b"], ["a"]],
        [["a:", "b"], ["a::b"], [], ["a", "\x1f"]],
        ["a", "b", ":b", "", ":"],
        odd={"": {"''": None, "'a:::b'": ["a", ":b"]}},
        item_kind=Kind.TEXT,
    ),
    CodecCase(
        "set",
        on(mariadb="SET('a', 'B b', 'c')"),
        {},
        Kind.ARRAY,
        [["a"], ["a", "c"], ["a", "B b", "c"], []],
        [["x"], ["A"], ["a", "a"], "a"],
        ["a", "A", "B", "B b", ""],
        item_kind=Kind.TEXT,
    ),
    CodecCase(
        "texts",
        on(postgresql="TEXT[]"),
        {},
        Kind.ARRAY,
        [["a", "b"], [], ['quo"te', "back\\slash", "{a,b}", "NULL", "", " ", "é"]],
        ["a", [1], [None], [["a"]]],
        ["a", "A", "", "NULL", "{a,b}", "back\\slash"],
        odd={"": {"'{a,NULL}'": ["a", None], "'{}'": []}},
        item_kind=Kind.TEXT,
        any_value=st.lists(TEXT, max_size=4),
    ),
    CodecCase(
        "integers",
        on(postgresql="INTEGER[]"),
        {},
        Kind.ARRAY,
        [[1, 2], [-(2**31)], []],
        [["1"], [2**31], [1.5], [True]],
        [1, 2**40, Decimal("1.5")],
        item_kind=Kind.INTEGER,
    ),
    CodecCase(
        "short_texts",
        on(postgresql="VARCHAR(3)[]"),
        {},
        Kind.ARRAY,
        [["abc"]],
        [["abcd"]],
        item_kind=Kind.TEXT,
    ),
    CodecCase(
        "short_numbers",
        on(postgresql="NUMERIC(4,2)[]"),
        {},
        Kind.ARRAY,
        [[Decimal("99.99")]],
        [[Decimal("0.001")], [100]],
        item_kind=Kind.NUMBER,
    ),
    CodecCase(
        "numbers",
        on(postgresql="NUMERIC[]"),
        {},
        Kind.ARRAY,
        [[Decimal("0.10"), Decimal("1e40")], []],
        [["x"]],
        [Decimal("0.1"), Decimal("0.100"), 1],
        odd={"": {"'{NaN,1}'": [None, Decimal(1)]}},
        item_kind=Kind.NUMBER,
    ),
    CodecCase(
        "flags",
        on(postgresql="BOOLEAN[]"),
        {},
        Kind.ARRAY,
        [[True, False], [True]],
        [["t"]],
        [True, False],
        item_kind=Kind.BOOLEAN,
    ),
    CodecCase(
        "moods",
        on(postgresql="mood[]"),
        {},
        Kind.ARRAY,
        [["ok", "SAD"]],
        [[1]],
        ["ok", "x"],
        item_kind=Kind.TEXT,
    ),
    CodecCase(
        "days",
        on(postgresql="DATE[]"),
        {},
        Kind.ARRAY,
        [["2024-01-02"], []],
        [["x"]],
        [date(2024, 1, 2), date(1, 1, 1)],
        odd={"": {"'{infinity}'": [None]}},
        item_kind=Kind.DATE,
    ),
]
