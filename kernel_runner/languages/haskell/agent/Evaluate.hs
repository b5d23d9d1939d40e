{-# LANGUAGE ScopedTypeVariables #-}

-- | Evaluates cells: chunk by chunk, until one fails.
module Evaluate
  ( Failure (..)
  , Cell (..)
  , evaluateCell
  , evaluateExpression
  , usePrinter
  ) where

import Cell
import Control.Exception
import Control.Monad
import Control.Monad.IO.Class (liftIO)
import Data.Char (isSpace)
import Data.IORef
import Data.List (dropWhileEnd, isInfixOf, isPrefixOf)
import Data.Maybe (fromMaybe)
import Data.Typeable (typeOf)
import Directives
import GHC
import GHC.Driver.Monad (modifySession, reflectGhc, reifyGhc)
import GHC.Parser.Lexer (mkParserFlags)
import GHC.Driver.Types (HscEnv (..), SourceError, setInteractivePrintName, srcErrorMessages)
import GHC.Utils.Error (pprErrMsgBagWithLoc)
import GHC.Utils.Outputable (showSDocForUser)
import GHCi.Message (EvalExpr (..))
import GHCi.RemoteTypes (ForeignHValue)
import IHaskell.Display (Presentation (..), setPresentation, takeFailure)
import System.Exit (ExitCode)
import System.IO.Unsafe (unsafePerformIO)

data Failure = Failure
  { failureName :: String
  , failureMessage :: String
  , failureTraceback :: String
  }

data Cell = Cell
  { cellName :: String
  , cellCode :: String
  }

-- What happens at a chunk, before it is told.
newtype Stop = Stop Failure

instance Show Stop where
  show (Stop failure) = failureMessage failure

instance Exception Stop

-- | Runs a cell.  ExitCode is for the caller; the end of a cell that is interrupted too.
evaluateCell :: Cell -> Ghc (Maybe Failure)
evaluateCell cell = catching $ do
  flags <- getInteractiveDynFlags
  when ('\0' `elem` cellCode cell) $
    stop "ParseError" (cellName cell ++ ": a NUL character is not Haskell")
  let pragmas = pragmaFlags flags (cellCode cell)
  unless (null pragmas) $ setFlags pragmas
  runSegments cell (segments (cellCode cell))

runSegments :: Cell -> [Segment] -> Ghc ()
runSegments _ [] = return ()
runSegments cell (segment : rest) = do
  case segment of
    Directive line text -> do
      setLast (null rest)
      at cell line (runDirective text)
    Code line text -> do
      flags <- getInteractiveDynFlags
      runChunks cell (null rest) =<< checked flags (chunksOf flags line text)
  runSegments cell rest
  where
    -- Nothing is run of what cannot be read to its end.
    checked flags chunks = case filter (isRefused flags) chunks of
      wrong : _ -> return [wrong]
      [] -> return chunks

isRefused :: DynFlags -> Chunk -> Bool
isRefused flags (Statement _ text) = not (isStmt (mkParserFlags flags) text)
isRefused _ _ = False

runChunks :: Cell -> Bool -> [Chunk] -> Ghc ()
runChunks cell final chunks = zipWithM_ step [1 ..] chunks
  where
    step index chunk = do
      setLast (final && index == length chunks)
      runChunk cell chunk

setLast :: Bool -> Ghc ()
setLast isLast = liftIO (setPresentation (if isLast then AsResult else AsOutput))

runChunk :: Cell -> Chunk -> Ghc ()
runChunk cell chunk = case chunk of
  Import line text -> at cell line $ do
    declaration <- parseImportDecl text
    context <- getContext
    setContext (IIDecl declaration : context)
  Declarations line text -> at cell line $
    void (runDeclsWithLocation (cellName cell) line text)
  Statement line text -> at cell line (runStatement cell line text)

-- A value is shown by its instance of IHaskellDisplay.  Where that is ambiguous, or there is none,
-- Show decides, and what is wrong is told as GHCi would.
runStatement :: Cell -> Int -> String -> Ghc ()
runStatement cell line text = do
  result <- execute `catching_` \(failure :: SourceError) -> do
    unless ("Display" `isInfixOf` show failure) $ liftIO (throwIO failure)
    usePrinter "IHaskell.Display.presentShown"
    result <- execute `catching_` \(again :: SomeException) -> do
      usePrinter "IHaskell.Display.present"
      liftIO (throwIO again)
    usePrinter "IHaskell.Display.present"
    return result
  case result of
    ExecComplete (Left failure) _ -> liftIO (takeFailure >>= throwIO . fromMaybe failure)
    _ -> return ()
  where
    execute = do
      wrapper <- liftIO (readIORef recorder) >>= maybe compileRecorder return
      execStmt
        text
        execOptions
          { execSourceFile = cellName cell
          , execLineNumber = line
          , execWrap = EvalApp (EvalThis wrapper) . EvalThis
          }

-- The function through which statements are run; compiled at first use.
recorder :: IORef (Maybe ForeignHValue)
recorder = unsafePerformIO (newIORef Nothing)
{-# NOINLINE recorder #-}

compileRecorder :: Ghc ForeignHValue
compileRecorder = do
  compiled <- compileExprRemote "IHaskell.Display.recordingFailure"
  liftIO (writeIORef recorder (Just compiled))
  return compiled

-- | Makes this function what GHC applies to the value of an expression.
usePrinter :: String -> Ghc ()
usePrinter function = do
  names <- parseName function
  let use name session = session {hsc_IC = setInteractivePrintName (hsc_IC session) name}
  mapM_ (modifySession . use) (take 1 names)

-- | A user_expression's value, shown as a result.
evaluateExpression :: Cell -> Ghc (Maybe Failure)
evaluateExpression cell = catching $ do
  setLast True
  runStatement cell 1 ("IHaskell.Display.present (" ++ cellCode cell ++ ")")

catching_ :: Exception e => Ghc a -> (e -> Ghc a) -> Ghc a
catching_ action handler = reifyGhc $ \session ->
  reflectGhc action session `catch` \failure -> reflectGhc (handler failure) session

stop :: String -> String -> Ghc a
stop name message = liftIO (throwIO (Stop (Failure name message ("error: " ++ message))))

-- Tells what a chunk at a line fails with.
at :: Cell -> Int -> Ghc a -> Ghc a
at cell line action = do
  action `catching_` \(failure :: SomeException) -> case fromException failure of
    Just (code :: ExitCode) -> liftIO (throwIO code)
    Nothing -> do
      told <- describe cell line failure
      liftIO (throwIO (Stop told))

catching :: Ghc () -> Ghc (Maybe Failure)
catching action =
  (action >> return Nothing) `catching_` \(Stop failure) -> return (Just failure)

describe :: Cell -> Int -> SomeException -> Ghc Failure
describe cell line failure
  | Just (Stop told) <- fromException failure = return told
  | Just (errors :: SourceError) <- fromException failure = describeErrors errors
  | Just UserInterrupt <- fromException failure =
      return (Failure "Interrupted" "The cell was interrupted." "Interrupted.")
  | otherwise = do
      -- A message may be an error of its own, or without end.
      text <- liftIO (try (evaluate (forced (take 100000 (displayException failure)))))
      let message = case text of
            Right shown -> shown
            Left (_ :: SomeException) -> "(the exception's message fails itself)"
      return (Failure (nameOf failure) (trimmed message) (traceback message))
  where
    traceback message = "*** Exception: " ++ trimmed message ++ "\n  in " ++ place
    place = cellName cell ++ ":" ++ show line
    forced text = foldr seq text text

nameOf :: SomeException -> String
nameOf failure@(SomeException inner) = case fromException failure of
  Just StackOverflow -> "StackOverflow"
  Just HeapOverflow -> "HeapOverflow"
  _ -> takeWhile (/= ' ') (show (typeOf inner))

describeErrors :: SourceError -> Ghc Failure
describeErrors errors = do
  flags <- getInteractiveDynFlags
  unqualified <- getPrintUnqual
  let texts = map (showSDocForUser flags unqualified) (pprErrMsgBagWithLoc (srcErrorMessages errors))
      text = trimmed (unlines texts)
      name
        | any (`isInfixOf` text) ["parse error", "lexical error"] = "ParseError"
        | otherwise = "CompileError"
  return (Failure name (summary text) text)

-- The first message on one line, without its place.
summary :: String -> String
summary text = unwords (concatMap words (takeWhile (not . all isSpace) said))
  where
    said = dropWhile (all isSpace) (lines (message text))
    message rest
      | null rest = text
      | "error:" `isPrefixOf` rest = drop 6 rest
      | otherwise = message (drop 1 rest)

trimmed :: String -> String
trimmed = dropWhileEnd isSpace . dropWhile isSpace
