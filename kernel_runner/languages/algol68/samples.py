"""Sample programs in Algol 68: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = 'print(("hello, world", newline))'
SHAPES = """\
BEGIN
  MODE CIRCLE = STRUCT (REAL radius, STRING name), BOX = STRUCT (REAL width, height);
  MODE SHAPE = UNION (CIRCLE, BOX);
  OP AREA = (SHAPE it) REAL:
    CASE it IN
      (CIRCLE c): 3 * (radius OF c) ** 2,
      (BOX b): width OF b * height OF b
    ESAC;
  [] SHAPE shapes = (CIRCLE (2, "round"), BOX (3, 3));
  REAL total := 0;
  FOR k TO UPB shapes DO total +:= AREA shapes[k] OD;
  print((fixed(total, 0, 1), newline))
END"""
BROKEN = """\
BEGIN
  INT x = 1;
  print((x, missing))
END"""
BOUNDS = """\
BEGIN
  [3] INT digits := (1, 2, 3);
  print((whole(0, 0), newline));
  FOR k FROM 3 TO 4 DO digits[k] := 0 OD
END"""
STDIN = """\
BEGIN
  STRING word;
  on logical file end(stand in, (REF FILE f) BOOL: (GO TO finished; SKIP));
  print("words? ");
  DO
    read((word, newline));
    print((word, word, newline))
  OD;
  finished: SKIP
END"""
ENDLESS = """\
BEGIN
  print(("running", newline));
  DO SKIP OD
END"""
UNICODE = 'print(("žluťoučký 🐎 日本語", newline))'
STOP = """\
BEGIN
  put(stand error, ("on stderr", newline));
  stop;
  print("never")
END"""

SAMPLES = {
    "hello": (Sample(HELLO, stdout="hello, world\n"),),
    "shapes": (Sample(SHAPES, stdout="21.0\n"),),
    "error": (
        Sample(
            BROKEN,
            stdout="",
            error="BuildFailed",
            traceback=r'(?s)In\[\d+\]:3 .*error: 1: tag "missing" has not been declared',
        ),
        Sample(
            BOUNDS,
            stdout=r"0\n(?s:.*)4 .*digits\[k\](?s:.*)runtime error: 1: index out of bounds(?s:.*)",
            error="ExitCode",
            traceback="exit code 1",
        ),
    ),
    "warning": (
        Sample("BEGIN INT n = 1; SKIP END", stderr=r'(?s)In\[\d+\]:1 .*warning: 1: tag "n" .*'),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n(?s:.*)", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(STOP, stdout="", stderr="on stderr\n"),),
}
