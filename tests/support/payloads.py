"""Texts that would be SQL, formats or paths to whoever puts them into a statement as they are."""

_STOLEN = "SELECT code FROM people"

PAYLOADS = (
    # quotes, in every pairing
    *("'", "''", '"', '""', "`", "``", "\\", "\\'", "\\\\'", '\\"', "'\"`\\", "$$", "$x$", "[x]"),
    # conditions that always hold, or end the one that there is
    *("' OR ''='", "x' OR 1=1", '" OR ""="', "` OR 1=1", "1) OR (1=1", "' OR 'x' LIKE '%", "0=0"),
    # comments
    *("'--", "'-- x", "'#", "'/*", "*/'", "/*!50000 x */", "/**/OR/**/1", ";%00", "--+"),
    # statements behind the statement
    *("'; DROP TABLE people; --", '"; DELETE FROM people; --', "`; TRUNCATE people; #"),
    *("$$; DROP TABLE people; $$", "'); COMMIT; UPDATE people SET name='x'; --", ";SHUTDOWN;"),
    # other statements within it
    *(f"' UNION {_STOLEN} --", f"'||({_STOLEN} LIMIT 1)||'", "'+(SELECT 1)+'", "(SELECT 1)"),
    *(
        "'||pg_sleep(9)||'",
        "' AND sleep(9)='0",
        "randomblob(9)",
        "@@version",
        "@x:=1",
        "CURRENT_USER",
    ),
    # quotes of other scripts and encodings, which a careless conversion makes plain
    *(
        "ʼ OR ʼ1ʼ=ʼ1",
        "＇ OR 1=1",
        "’; --",
        "¿' OR 1=1",
        "\u02b9",
        "縗' OR 1=1",
        "%bf%27",
        "%c0%a7",
        "é'\u0301",
    ),
    *("\u200b'", "\u202e'", "\ufeff'", "\x1a'", "\r\n'", "\b'", "\x7f'", "😀'"),
    # placeholders and formats of drivers and of Python
    *(
        "%s",
        "%(name)s",
        "%%",
        "%d%n",
        "%b",
        "%t",
        "%",
        ":name",
        ":1",
        "::text",
        "?",
        "$1",
        "{}",
        "{0.x}",
    ),
    *(
        "{{7*7}}",
        "${x}",
        "\\x27",
        "\\u0027",
        "\\0",
        "E'\\''",
        "U&'\\0027'",
        "0x27",
        "X'27'",
        "_utf8'x'",
    ),
    # wildcards, and ways into documents
    *(
        "_",
        "\\%",
        "*",
        "**",
        ".*",
        "$.x",
        "$[*]",
        '"].x',
        "a.b",
        "'$'",
        "$**.x",
        "{a,b}",
        "->>",
        "#>",
        "a:*",
    ),
    # words that mean something bare
    *("NULL", "null", "TRUE", "DEFAULT", "NaN", "1e309", "-0", "now()", "", " '", "select"),
)
