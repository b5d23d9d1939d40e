-- | Answers that wait for no cell: completion, inspection, completeness.
module Assist (assist) where

import Cell
import Control.Exception
import Data.Char (isAlpha, isAlphaNum, isSpace)
import Data.List (isInfixOf, isPrefixOf, nub, sort)
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as C
import Directives (describeName, inspectType)
import GHC
import GHC.Driver.Monad (Session (..), reflectGhc)
import GHC.Driver.Session (supportedLanguagesAndExtensions, targetPlatform, unitState)
import GHC.Platform (platformMini)
import GHC.Unit.State (listVisibleModuleNames)
import GHC.Utils.Outputable (ppr, showSDocUnqual)
import KernelRunner.Frames

-- | Answers C, I and P, in the session as it was before the running cell.
assist :: Session -> Request -> IO ()
assist session request = do
  answer <- try (reflectGhc work session >>= forced) :: IO (Either SomeException [B.ByteString])
  send (kind request) (number request) (either (const nothing) id answer)
  where
    forced parts = evaluate (sum (map B.length parts)) >> return parts
    code = field 0 request
    offset = maybe 0 fst (C.readInt (field 1 request))
    (work, nothing) = case kind request of
      'C' -> (complete code offset, map C.pack ["0", "0"])
      'I' -> (inspect (decode code) (length (decode (B.take offset code))), [])
      _ -> (judge (decode code), map C.pack ["unknown", ""])

complete :: B.ByteString -> Int -> Ghc [B.ByteString]
complete code offset = do
  let before = reverse (decode (B.take offset code))
      word = reverse (takeWhile isPart before)
      line = reverse (takeWhile (/= '\n') before)
      start = offset - B.length (encode word)
  matches <- if null word then return [] else candidates line
  let fitting = sort (nub (filter (word `isPrefixOf`) matches))
  return (map C.pack [show start, show offset] ++ map encode fitting)
  where
    isPart letter = isAlphaNum letter || letter `elem` "_'."

candidates :: String -> Ghc [String]
candidates line
  | ":set -X" `isPrefixOf` line = map ("-X" ++) <$> extensions -- the dash is no part of a word
  | any (`isPrefixOf` line) [":e", ":X"] || "LANGUAGE" `isInfixOf` line = extensions
  | any (`isPrefixOf` line) ["import ", ":m"] = modules
  | otherwise = do
      flags <- getInteractiveDynFlags
      names <- getRdrNamesInScope
      return (map (showSDocUnqual flags . ppr) names)
  where
    modules = map moduleNameString . listVisibleModuleNames . unitState <$> getSessionDynFlags
    extensions = supportedLanguagesAndExtensions . platformMini . targetPlatform <$> getSessionDynFlags

inspect :: String -> Int -> Ghc [B.ByteString]
inspect code offset
  | null word = return []
  | otherwise = do
      described <- describeName word
      text <- if null described then inspectType word else return described
      return [C.pack "text/plain", encode text]
  where
    (before, after) = splitAt offset code
    (left, right) = (takeWhileEnd isPart before, takeWhile isPart after)
    named = left ++ right
    word
      | null named || all isSpace named = operator
      | isAlpha (head named) || head named == '_' = named
      | otherwise = ""
    operator = takeWhileEnd isSymbol_ before ++ takeWhile isSymbol_ after
    isPart letter = isAlphaNum letter || letter `elem` "_'."
    isSymbol_ letter = letter `elem` "!#$%&*+./<=>?@\\^|-~:"
    takeWhileEnd test = reverse . takeWhile test . reverse

judge :: String -> Ghc [B.ByteString]
judge code = do
  flags <- getInteractiveDynFlags
  return $ map C.pack $ case completeness flags code of
    Complete -> ["complete", ""]
    Incomplete -> ["incomplete", "  "]
    Invalid -> ["invalid", ""]
