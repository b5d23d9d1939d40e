-- | The Haskell agent: evaluates cells with GHC's own interpreter, as GHCi does.
-- See kernel_runner/session/frames.py.
--
-- The main thread evaluates; another one reads requests, and answers completion, inspection and
-- completeness beside it.  The agent and the cells share one package (../library), and so its
-- state: what a cell displays goes out through the agent's own handle.
module Main (main) where

import Assist (assist)
import Control.Concurrent
import Control.Exception
import Control.Monad
import Control.Monad.IO.Class (liftIO)
import qualified Data.ByteString.Char8 as C
import Data.IORef
import Data.List (isInfixOf)
import Evaluate
import GHC
import GHC.Driver.Monad (Session (..), reflectGhc, reifyGhc)
import GHC.Driver.Session
import GHC.Driver.Ways (hostFullWays, wayGeneralFlags, wayUnsetGeneralFlags)
import qualified GHC.LanguageExtensions as Extension
import qualified GHC.Types.SrcLoc as SrcLoc
import KernelRunner.Frames
import KernelRunner.Streams
import System.Environment (getArgs)
import System.Exit
import System.Posix.Signals (Handler (Catch), installHandler, sigINT)

-- Where GHC has its libraries, and the package that cells share with us.
main :: IO ()
main = do
  [libraries, packages] <- getArgs
  prepareStreams
  work <- newChan
  running <- newEmptyMVar
  runGhc (Just libraries) $ do
    prepareSession packages
    _ <- liftIO (installHandler sigINT (Catch (interrupt running)) Nothing)
    reifyGhc $ \session -> do
      known <- newIORef =<< snapshot session
      _ <- forkIO (readRequests work known)
      send 'R' 0 [C.pack "1"]
      forever (serve session running known =<< readChan work)

-- As GHCi's own.
prepareSession :: FilePath -> Ghc ()
prepareSession packages = do
  initial <- getSessionDynFlags
  let interpreted =
        initial {ghcMode = CompManager, hscTarget = HscInterpreted, ghcLink = LinkInMemory, ways = hostFullWays}
      platform = targetPlatform interpreted
      set = foldl gopt_set interpreted (concatMap (wayGeneralFlags platform) hostFullWays)
      unset = foldl gopt_unset set (concatMap (wayUnsetGeneralFlags platform) hostFullWays)
      general = foldl gopt_set unset [Opt_ImplicitImportQualified, Opt_IgnoreOptimChanges, Opt_IgnoreHpcChanges]
      ours = map SrcLoc.noLoc ["-package-db", packages, "-package", "kernel-runner-display"]
  (flags, _, _) <- parseDynamicFlags general ours
  setSessionDynFlags flags
  interactive <- getInteractiveDynFlags
  setInteractiveDynFlags
    (xopt_set (xopt_unset interactive Extension.MonomorphismRestriction) Extension.ExtendedDefaultRules)
  setContext [IIDecl (simpleImportDecl (mkModuleName "Prelude"))]
  usePrinter "IHaskell.Display.present"

snapshot :: Session -> IO Session
snapshot (Session state) = Session <$> (readIORef state >>= newIORef)

readRequests :: Chan (Maybe Request) -> IORef Session -> IO ()
readRequests work known = do
  request <- receive
  case request of
    Just asked | kind asked `elem` "CIP" -> do
      session <- readIORef known >>= snapshot
      assist session asked
    _ -> writeChan work request
  unless (null request) (readRequests work known)

-- Whoever holds the thread that evaluates may interrupt it.
interrupt :: MVar ThreadId -> IO ()
interrupt running = mask_ $ do
  evaluating <- tryTakeMVar running
  forM_ evaluating $ \thread -> throwTo thread UserInterrupt >> putMVar running thread

-- Lets interrupts in while something runs, and none out of it.
letInterruptsIn :: MVar ThreadId -> IO a -> IO (Either SomeException a)
letInterruptsIn running action = mask $ \restore -> do
  myThreadId >>= putMVar running
  result <- try (restore action)
  let settle = try (takeMVar running) >>= either again (const (return ()))
      again failure = const settle (failure :: SomeException)
  settle
  return result

serve :: Session -> MVar ThreadId -> IORef Session -> Maybe Request -> IO ()
serve session running known asked = case asked of
  Just request
    | kind request == 'E' -> do
        evaluateRequest session running request
        snapshot session >>= writeIORef known
    | kind request `elem` "OML" -> refuseComm request
    | kind request /= 'Q' -> return ()
  _ -> flushOutput >> exitSuccess

-- There are no comms here: what is opened is closed.
refuseComm :: Request -> IO ()
refuseComm request = do
  send 'B' (number request) []
  when (kind request == 'O') $
    send 'L' (number request) [field 0 request, C.pack "{}", C.pack "{}"]
  send 'K' (number request) []

evaluateRequest :: Session -> MVar ThreadId -> Request -> IO ()
evaluateRequest session running request = do
  setCurrent (number request)
  reopenStreams (textField 2 request) (textField 3 request)
  renewInput
  writeLines
  let cell = Cell {cellName = "In[" ++ textField 1 request ++ "]", cellCode = textField 0 request}
      isExpression = "\"expression\": true" `isInfixOf` textField 4 request
      evaluation = if isExpression then evaluateExpression cell else evaluateCell cell
  outcome <- letInterruptsIn running $ do
    send 'B' (number request) []
    reflectGhc evaluation session
  flushOutput
  case outcome of
    Right Nothing -> send 'K' (number request) []
    Right (Just failure) -> sendFailure failure
    Left failure -> case fromException failure of
      Just code -> throwIO (code :: ExitCode)
      Nothing -> sendFailure (unexpected failure)
  where
    sendFailure (Failure name message traceback) =
      send 'X' (number request) (map encode [name, message, traceback])

unexpected :: SomeException -> Failure
unexpected failure = case fromException failure of
  Just UserInterrupt -> Failure "Interrupted" "The cell was interrupted." "Interrupted."
  _ -> Failure "Exception" (show failure) ("*** Exception: " ++ show failure)
