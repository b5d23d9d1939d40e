"""Sample programs in SQL: cells, and what they must show.

There are none of stdin: SQL has no way to read it. Nor of a crash: SQL cannot cause one.
"""

from kernel_runner.language import Sample

COUNT_FOREVER = """\
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers)
SELECT count(*) FROM numbers;"""

TRIGGER = """\
CREATE TABLE log (what TEXT);
CREATE TRIGGER noted AFTER INSERT ON tea BEGIN
  INSERT INTO log VALUES ('new; ' || NEW.name);
  SELECT 1;
END;
INSERT INTO tea VALUES ('hojicha', 3);
SELECT * FROM log;"""

SAMPLES = {
    "hello": (
        Sample(
            "SELECT 'hello, world' AS greeting;",
            result=r"greeting\n─+\nhello, world\n\(1 row\)",
            mime="text/html",
        ),
    ),
    "state": (
        Sample("CREATE TABLE tea (name TEXT, price REAL);\nINSERT INTO tea VALUES ('sencha', 4);"),
        Sample("SELECT price * 2 AS twice FROM tea", result=r"twice\n─+\n  8.0\n\(1 row\)"),
        Sample(TRIGGER, result=r"what\n─+\nnew; hojicha\n\(1 row\)"),
        Sample("DROP TABLE tea; DROP TABLE log"),
    ),
    "value": (
        Sample(
            "SELECT 1 AS one, NULL AS none, x'00ff' AS raw",
            result=r"one │ none │ raw\n─+┼─+┼─+\n  1 │ NULL │ x'00ff'\n\(1 row\)",
        ),
        Sample("SELECT 1; SELECT 2", result=r"2\n─\n2\n\(1 row\)", mime="text/html"),
        Sample("-- nothing but\n/* comments; */"),
    ),
    "limit": (
        Sample(
            "%limit 2\nVALUES (1), (2), (3)",
            result=r"column1\n─+\n +1\n +2\n\(first 2 rows; %limit N shows more\)",
        ),
        # Rows beyond the limit are not asked for: this result set has no end.
        Sample(
            "%limit 3\nWITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)\n"
            "SELECT x FROM n",
            result=r"x\n─+\n1\n2\n3\n\(first 3 rows; %limit N shows more\)",
            mime="text/html",
        ),
        Sample("%limit 100"),
    ),
    "parameters": (
        Sample("%set name = 'Ada'\n%set twice = 2 * 21"),
        Sample("SELECT :name AS a, :twice AS b", result=r"a +│ b\n─+┼─+\nAda │ 42\n\(1 row\)"),
        Sample(
            "SELECT 1,\n  :unset",
            error="ProgrammingError",
            traceback=r"binding.*unset(?s:.*)In\[\d+\]:1",
        ),
    ),
    "connect": (
        Sample(
            "%connect sqlite:///shop.db\nCREATE TABLE IF NOT EXISTS orders (id);\n"
            "DELETE FROM orders; INSERT INTO orders VALUES (7);"
        ),
        Sample("%connect :memory:\n.tables", mime="text/html"),
        Sample("%connect shop.db\nSELECT * FROM orders", result=r"id\n─+\n 7\n\(1 row\)"),
        Sample("%connect :memory:"),
        Sample("%connect mongo://here", error="ConnectionError", traceback="not mongo"),
    ),
    "error": (
        Sample(
            "SELECT 'before';\n\nSELECT 1,\n  missing\nFROM (SELECT 2)",
            error="OperationalError",
            traceback=r"no such column: missing\nIn\[\d+\]:4\n  missing\n  \^",
        ),
        Sample("%nonsense", error="UsageError", traceback="There is no %nonsense"),
    ),
    "syntax error": (
        Sample(
            "SELECT 1\nFORM FORM x",
            error="OperationalError",
            traceback=r"syntax error\nIn\[\d+\]:2\nFORM FORM x\n     \^",
        ),
        # As in SQLite's own shell, what stands before it has been done; BEGIN makes it one thing.
        Sample(
            "CREATE TEMP TABLE done (x); INSERT INTO done VALUES (1);\nINSERTED INTO done;\n"
            "INSERT INTO done VALUES (2);",
            error="OperationalError",
            traceback=r"syntax error\nIn\[\d+\]:2\nINSERTED INTO done;\n",
        ),
        Sample("SELECT x FROM done", result=r"x\n─\n1\n\(1 row\)"),
        Sample("BEGIN; INSERT INTO done VALUES (3); INSERTED; COMMIT;", error="OperationalError"),
        Sample("ROLLBACK; SELECT count(*) AS n FROM done", result=r"n\n─\n1\n\(1 row\)"),
        Sample("DROP TABLE done"),
        Sample("SELECT 'open", error="OperationalError", traceback="unrecognized token"),
        Sample("SELECT 1 \0", error="ProgrammingError"),
    ),
    "transaction": (
        Sample("CREATE TEMP TABLE t (x); BEGIN; INSERT INTO t VALUES (1);"),
        Sample("ROLLBACK; SELECT count(*) AS n FROM t", result=r"n\n─\n0\n\(1 row\)"),
        Sample("DROP TABLE t"),
    ),
    "interrupt": (
        Sample("CREATE TEMP TABLE kept AS SELECT 42 AS answer;"),
        Sample(
            "%connect\n" + COUNT_FOREVER,
            stdout="SQLite .*: :memory:\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("SELECT answer FROM kept", result=r"answer\n─+\n +42\n\(1 row\)"),
    ),
    "unicode": (
        Sample(
            "SELECT 'žluťoučký 🐎 日本語' AS größe",
            result=r"größe\n─{19}\nžluťoučký 🐎 日本語\n\(1 row\)",
        ),
        Sample("SELECT * FROM žádná", error="OperationalError", traceback="žádná"),
    ),
    "rich output": (
        Sample("SELECT display('text/html', '<b>hello</b>')", mime="text/html"),
        Sample("SELECT display('image/svg+xml', '<svg/>', 'a'), clear_output()"),
    ),
    "exit": (
        Sample("CREATE TABLE gone (x);\n.quit 3", error="ExitCode", traceback="exit code 3"),
        Sample("SELECT * FROM gone", error="OperationalError", traceback="no such table: gone"),
    ),
    "redefinition": (
        Sample("CREATE TEMP VIEW answer AS SELECT 1 AS x"),
        Sample("DROP VIEW answer; CREATE TEMP VIEW answer AS SELECT 42 AS x"),
        Sample("SELECT x FROM answer", result=r"x\n─+\n42\n\(1 row\)"),
        Sample("DROP VIEW answer"),
    ),
    "deep recursion": (
        Sample(
            "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
            error="OperationalError",
            traceback="overflow|too large|memory",
        ),
    ),
    "duckdb": (
        Sample("%connect duckdb:\nCREATE TABLE t AS SELECT range AS n FROM range(4)"),
        Sample(
            "%set least = 2\nSELECT n FROM t WHERE n >= :least", result=r"n\n─\n2\n3\n\(2 rows\)"
        ),
        Sample(
            "SELECT 1;\nSELECT n,\n  missing FROM t",
            error="BinderException",
            traceback=r"In\[\d+\]:3\n  missing FROM t\n  \^",
        ),
        Sample("SELECT display('text/html', '<i>x</i>')", mime="text/html"),
        Sample("DROP TABLE t;\n%connect :memory:"),
    ),
    "comments only": (Sample("-- nothing"), Sample("/* nothing */"), Sample("")),
}
