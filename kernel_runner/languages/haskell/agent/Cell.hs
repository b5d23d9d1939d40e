-- | A cell as GHCi would have to be given it: import by import, declarations in groups (they may
-- refer to each other), statement by statement, directive by directive.
module Cell
  ( Segment (..)
  , Chunk (..)
  , segments
  , chunksOf
  , pragmaFlags
  , Completeness (..)
  , completeness
  ) where

import Data.Char (isAlpha)
import Data.List (group)
import GHC
import qualified GHC.Data.FastString as FastString
import GHC.Data.StringBuffer (StringBuffer, atEnd, stringToStringBuffer)
import qualified GHC.Parser as Parser
import GHC.Parser.Header (getOptions)
import GHC.Parser.Lexer
import GHC.Types.SrcLoc (mkRealSrcLoc, psRealSpan)

-- | What is between directives, and the directives; with the number of its first line.
data Segment
  = Code Int String
  | Directive Int String

data Chunk
  = Import Int String
  | Declarations Int String
  | Statement Int String

segments :: String -> [Segment]
segments = collect . zip [1 ..] . lines
  where
    collect [] = []
    collect ((line, text) : rest)
      | isDirective text = Directive line (drop 1 text) : collect rest
      | text `elem` [":{", ":}"] = collect rest -- GHCi's own brackets
    collect numbered@((line, _) : _) =
      let (code, rest) = break (isBoundary . snd) numbered
       in Code line (unlines (map snd code)) : collect rest
    isBoundary text = isDirective text || text `elem` [":{", ":}"]

isDirective :: String -> Bool
isDirective (':' : next : _) = isAlpha next || next `elem` "!?"
isDirective _ = False

-- | The flags in the pragmas that a cell begins with.
pragmaFlags :: DynFlags -> String -> [String]
pragmaFlags flags code = map unLoc (getOptions flags (stringToStringBuffer code) "cell")

-- | The chunks of a segment of code that starts at a line; where it is not Haskell the last one
-- is what the compiler will refuse.
chunksOf :: DynFlags -> Int -> String -> [Chunk]
chunksOf flags start code = case lexed flags start code of
  PFailed _ -> [whole]
  POk _ tokens ->
    let pieces = cut (zip [start ..] (lines code)) (firstLines tokens)
     in joined (classify flags pieces)
  where
    whole = refused flags start code

lexed :: DynFlags -> Int -> String -> ParseResult [Located Token]
lexed flags start code = lexTokenStream (stringToStringBuffer code) location flags
  where
    location = mkRealSrcLoc (FastString.fsLit "cell") start 1

-- The lines on which something starts in the first column.
firstLines :: [Located Token] -> [Int]
firstLines tokens =
  map head . group $ -- the end of an indented block is a token there too
    [ srcSpanStartLine place
    | L (RealSrcSpan place _) token <- tokens
    , srcSpanStartCol place == 1
    , not (isComment token)
    , not (goesOn token)
    ]

isComment :: Token -> Bool
isComment token = case token of
  ITlineComment _ -> True
  ITblockComment _ -> True
  ITdocCommentNext _ -> True
  ITdocCommentPrev _ -> True
  ITdocCommentNamed _ -> True
  ITdocSection _ _ -> True
  _ -> False

-- As in a do block, these may stand below the `if` that they belong to.
goesOn :: Token -> Bool
goesOn token = case token of
  ITthen -> True
  ITelse -> True
  ITof -> True
  _ -> False

cut :: [(Int, String)] -> [Int] -> [(Int, String)]
cut numbered starts = zipWith piece starts (map Just (drop 1 starts) ++ [Nothing])
  where
    piece from to =
      let inside (line, _) = line >= from && maybe True (line <) to
       in (from, unlines (map snd (filter inside (dropWhile ((< from) . fst) numbered))))

classify :: DynFlags -> [(Int, String)] -> [Chunk]
classify flags = foldr next []
  where
    next (line, text) after
      | isImport (mkParserFlags flags) text = Import line text : after
      | isSignature text after = Declarations line text : after
      | isStmt (mkParserFlags flags) text = Statement line text : after
      | isDecl (mkParserFlags flags) text = Declarations line text : after
      | otherwise = refused flags line text : after
    -- `f :: Int` is a signature only where a declaration follows.
    isSignature text after = case after of
      Declarations _ _ : _ -> isDecl (mkParserFlags flags) text && "::" `elem` words text
      _ -> False

-- Neither parses: the one whose parser gets further says what is wrong.
refused :: DynFlags -> Int -> String -> Chunk
refused flags line text
  | stopOf flags Parser.parseDeclaration text > stopOf flags Parser.parseStmt text =
      Declarations line text
  | otherwise = Statement line text

-- Where a parser stops, as a line and a column.
stopOf :: DynFlags -> P a -> String -> (Int, Int)
stopOf flags parser text = case runParser flags parser (stringToStringBuffer text) of
  POk _ _ -> (maxBound, 0)
  PFailed state -> (srcSpanStartLine place, srcSpanStartCol place)
    where
      place = psRealSpan (last_loc state)

runParser :: DynFlags -> P a -> StringBuffer -> ParseResult a
runParser flags parser buffer = unP parser (mkPState flags buffer location)
  where
    location = mkRealSrcLoc (FastString.fsLit "cell") 1 1

joined :: [Chunk] -> [Chunk]
joined (Declarations line text : Declarations next more : rest) =
  joined (Declarations line (text ++ gap ++ more) : rest)
  where
    -- Comments between them were left out.
    gap = replicate (next - line - length (lines text)) '\n'
joined (chunk : rest) = chunk : joined rest
joined [] = []

data Completeness = Complete | Incomplete | Invalid

-- | Whether a cell can be run; what its parser refuses only for its end may become so.
completeness :: DynFlags -> String -> Completeness
completeness flags code = foldr (worse . judgeSegment) Complete (segments code)
  where
    worse Complete other = other
    worse verdict _ = verdict
    judgeSegment (Directive _ _) = Complete
    judgeSegment (Code _ text) = case lexed flags 1 text of
      PFailed _ | POk _ _ <- lexed flags 1 (text ++ "-}") -> Incomplete -- an open comment
      PFailed state -> unfinished state
      POk _ _ -> foldr (worse . judge) Complete (chunksOf flags 1 text)
    judge (Import _ text) = verdictOf Parser.parseImport text
    judge (Declarations _ text) = verdictOf Parser.parseModule text
    judge (Statement _ text) = verdictOf Parser.parseStmt text
    verdictOf :: P a -> String -> Completeness
    verdictOf parser text = case runParser flags parser (stringToStringBuffer text) of
      POk _ _ -> Complete
      PFailed state -> unfinished state
    unfinished state = if atEnd (buffer state) then Incomplete else Invalid
