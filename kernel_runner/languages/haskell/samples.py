"""Sample programs in Haskell: cells, and what they must show."""

from kernel_runner.language import Sample

MIXED = """\
import Data.List (sortOn)

data Shape = Circle Double | Square Double
  deriving (Show, Eq)

area :: Shape -> Double
area (Circle r) = 3 * r * r
-- the sides are equal
area (Square a) = a * a

shapes <- return [Square 3, Circle 1]
let smallest = head (sortOn area shapes)
print smallest
isEven' :: Int -> Bool
isEven' 0 = True
isEven' n = isOdd' (n - 1)

isOdd' :: Int -> Bool
isOdd' 0 = False
isOdd' n = isEven' (n - 1)
isEven' 10
length shapes"""
RICH = """\
import IHaskell.Display
newtype Bold = Bold String
instance IHaskellDisplay Bold where
  display (Bold text) = return (Display [plain text, html ("<b>" ++ text ++ "</b>")])
Bold "x\""""

SAMPLES = {
    "hello": (Sample('putStrLn "hello, world"', stdout="hello, world\n"),),
    "state": (Sample("price = 3\ntwice x = 2 * x"), Sample("twice price", result="6")),
    "value": (
        Sample("map (+ 1) [1, 2]", result=r"\[2,3\]"),
        Sample("let x = 5"),
        Sample("1\n'c'\n[]", stdout="1\n'c'\n", result=r"\[\]"),
        Sample("()", result=r"\(\)"),
        Sample("return 3", result="3"),
        Sample("it + 1", result="4"),
    ),
    "multi-line": (Sample(MIXED, stdout="Circle 1.0\nTrue\n", result="2"),),
    "groups": (
        Sample(
            "class Named a where\n  name :: a -> String\n\n"
            "instance Named Bool where\n  name = spell\n\n"
            'spell :: Bool -> String\nspell True = "yes"\nspell False = "no"\nname True',
            result='"yes"',
        ),
    ),
    "error": (
        Sample(
            'putStrLn "before"\n\nf x = error "no"\nf 1 :: Int',
            stdout="before\n",
            error="ErrorCall",
            traceback=r"(?s)Exception: no\nCallStack.*called at In\[\d+\]:3:7.*in In\[\d+\]:4",
        ),
        Sample("1 `div` 0", error="ArithException", traceback=r"divide by zero\n  in In\[\d+\]:1"),
    ),
    "type error": (
        Sample("x = 1\ny = 'a' && x", error="CompileError", traceback=r"In\[\d+\]:2:5: error:"),
        Sample("\\x -> x", error="CompileError", traceback="No instance for"),
    ),
    "syntax error": (
        Sample(
            'putStrLn "before"\nlet = 3', stdout="", error="ParseError", traceback=r"In\[\d+\]:2"
        ),
        Sample('x = "open', error="ParseError", traceback="lexical error"),
        Sample("f x = )", error="ParseError", traceback=r"In\[\d+\]:1:7"),
        Sample("1\0", error="ParseError"),
        Sample("x = 1\nx = 2", error="CompileError", traceback="Multiple declarations"),
    ),
    "warning": (
        Sample(
            ":set -Wincomplete-patterns\nf :: Maybe a -> a\nf (Just x) = x",
            stderr=r"(?s).*In\[\d+\]:3:1: warning:.*",
        ),
    ),
    "stdin": (
        Sample(
            "import Control.Monad\n"
            "forM_ [1, 2] $ \\_ -> do\n  line <- getLine\n  putStrLn (line ++ line)",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two"),
        ),
        Sample(
            'putStr "n? "\nn <- readLn :: IO Int\nn + 1',
            stdout="n[?] ",
            result="42",
            answers=("41",),
        ),
        Sample("interact (map succ)", stdout="(?s)bcd.*", answers=("abc", "\x04")),
        Sample("getLine", result='"again"', answers=("again",)),
    ),
    "interrupt": (
        Sample(
            'import Data.IORef\nn <- newIORef 1\nputStrLn "running"\n'
            "let count = modifyIORef' n (+ 1) >> count\ncount",
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("(> 0) <$> readIORef n", result="True"),
    ),
    "unicode": (
        Sample(
            'word = "žluťoučký 🐎 日本語"\nputStrLn word',
            stdout="žluťoučký 🐎 日本語\n",
        ),
        Sample('error "žluť 🐎"', error="ErrorCall", traceback="žluť 🐎"),
    ),
    "rich output": (
        Sample(RICH, mime="text/html"),
        Sample('printDisplay (svg "<svg/>")', mime="image/svg+xml"),
        Sample('printDisplayAs "a" (html "x")\nupdateDisplay "a" (html "y")\nclearOutput True'),
    ),
    "directives": (
        Sample(":t map", result=r"map :: \(a -> b\) -> \[a\] -> \[b\]"),
        Sample(":k Maybe", result=r"Maybe :: \* -> \*"),
        Sample(":info Bool", result=r"(?s).*data Bool = False \| True.*"),
        Sample(":ext LambdaCase\n(\\case { 0 -> 'a'; _ -> 'b' }) 1", result="'b'"),
        Sample("{-# LANGUAGE TupleSections #-}\nmap (,1) [2]", result=r"\[\(2,1\)\]"),
        Sample(":nonsense", error="ErrorCall", traceback="unknown directive"),
    ),
    "exit": (
        Sample(
            "import System.Exit\nkept = 1\nexitWith (ExitFailure 3)",
            error="ExitCode",
            traceback="exit code 3",
        ),
        Sample("kept", error="CompileError", traceback="not in scope"),
    ),
    "redefinition": (
        Sample("data T = A deriving Show\nanswer = A"),
        Sample("data T = B deriving Show\nanswer = [B]\nmap = 3"),
        Sample("answer", result=r"\[B\]"),
    ),
    "deep recursion": (
        Sample("deep :: Int -> Int\ndeep n = 1 + deep (n + 1)\ndeep 1", error="StackOverflow"),
        Sample("1 + 1", result="2"),
    ),
    "crash": (
        Sample(
            "import System.Posix\ngetProcessID >>= signalProcess sigSEGV\nsleep 5",
            error="Signal",
            traceback="SIGSEGV",
        ),
        Sample("1 + 1", result="2"),
    ),
    "comments only": (Sample("-- nothing\n{- at all -}"), Sample("")),
    "closed": (
        Sample("import System.Posix.IO\nmapM_ closeFd [0 .. 2]"),
        Sample('putStrLn "R 0 1"', stdout="R 0 1\n"),
    ),
}
