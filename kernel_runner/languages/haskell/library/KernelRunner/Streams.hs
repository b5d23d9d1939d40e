-- | The cells' stdin, stdout and stderr.
module KernelRunner.Streams
  ( prepareStreams
  , reopenStreams
  , renewInput
  , writeLines
  , flushOutput
  ) where

import Control.Concurrent (forkIO, threadDelay)
import Control.Concurrent.MVar
import Control.Exception
import Control.Monad
import Foreign.StablePtr (newStablePtr)
import GHC.IO.Encoding (setFileSystemEncoding, setForeignEncoding, setLocaleEncoding)
import GHC.IO.FD (mkFD)
import qualified GHC.IO.FD as FD
import GHC.IO.Handle.FD (mkHandleFromFD)
import GHC.IO.Handle.Types (Handle (..))
import GHC.IO.IOMode (IOMode (ReadMode))
import System.IO
import System.Posix.IO
  ( FdOption (CloseOnExec)
  , OpenMode (ReadOnly, WriteOnly)
  , closeFd
  , defaultFileFlags
  , dup
  , dupTo
  , openFd
  , setFdOption
  )
import System.Posix.Types (Fd)

prepareStreams :: IO ()
prepareStreams = do
  setLocaleEncoding utf8
  setFileSystemEncoding utf8
  setForeignEncoding utf8
  quietly takeInput
  mapM_ (`hSetEncoding` utf8) [stdin, stdout, stderr]
  hSetBuffering stdout LineBuffering
  void (forkIO flushNowAndThen)

-- A prompt has no newline.  Lines go out one by one, in order with stderr and with what programs
-- write; but from a cell that writes very many of them (the process's writes are counted) they go
-- in blocks for a while.  A cell's own choice of buffering is left alone.
flushNowAndThen :: IO ()
flushNowAndThen = countWrites >>= watch
  where
    watch before = do
      pause
      now <- countWrites
      mode <- try (hGetBuffering stdout) :: IO (Either IOException BufferMode)
      when (now - before > manyWrites && mode == Right LineBuffering) writeBlocks
      countWrites >>= watch
    writeBlocks = do
      quietly (hSetBuffering stdout blocks)
      replicateM_ 20 pause
      writeLines
    pause = threadDelay 10000 >> quietly (hFlush stdout)
    manyWrites = 200

-- The size tells it from a cell's own choice.
blocks :: BufferMode
blocks = BlockBuffering (Just 65521)

-- | Ends writing in blocks, where that goes on.
writeLines :: IO ()
writeLines = quietly $ do
  mode <- hGetBuffering stdout
  when (mode == blocks) $ hSetBuffering stdout LineBuffering

countWrites :: IO Int
countWrites = do
  text <- try (readFile "/proc/self/io" >>= evaluate . lines) :: IO (Either IOException [String])
  return $ case text of
    Right counts -> sum [read count | ["syscw:", count] <- map words counts]
    Left _ -> 0

-- | Makes the files of these names stdout and stderr; an empty name leaves what there is.
reopenStreams :: FilePath -> FilePath -> IO ()
reopenStreams out err = mask_ (reopen 1 WriteOnly out >> reopen 2 WriteOnly err)

reopen :: Fd -> OpenMode -> FilePath -> IO ()
reopen target mode path = unless (null path) $ quietly $ do
  file <- openFd path mode Nothing defaultFileFlags
  when (file /= target) $ dupTo file target >> closeFd file

-- | A cell may have read all of stdin lazily, which closes it: it is opened again.
renewInput :: IO ()
renewInput = do
  usable <- try (hIsReadable stdin) :: IO (Either IOException Bool)
  when (usable /= Right True) $ quietly takeInput

-- The handle has a descriptor of its own: when it is closed, 0 stays open, and does not go to the
-- next file that is opened, which would then be read, and closed, in place of the terminal.
takeInput :: IO ()
takeInput = do
  own <- dup 0 `catch` \failure -> do
    reopen 0 ReadOnly "/dev/tty"
    const (dup 0) (failure :: IOException)
  setFdOption own CloseOnExec True
  (device, kind) <- mkFD (fromIntegral own) ReadMode Nothing False False
  fresh <- mkHandleFromFD device {FD.fdIsNonBlocking = 0} kind "<stdin>" ReadMode False (Just utf8)
  _ <- newStablePtr fresh -- else it would be collected, and its descriptor closed
  replace stdin fresh

-- All that hold the handle get the other one's contents.
replace :: Handle -> Handle -> IO ()
replace (FileHandle _ old) (FileHandle _ new) = readMVar new >>= void . swapMVar old
replace _ _ = return ()

-- | A cell may have closed its streams.
flushOutput :: IO ()
flushOutput = quietly (hFlush stdout) >> quietly (hFlush stderr)

quietly :: IO () -> IO ()
quietly action = action `catch` \failure -> const (return ()) (failure :: IOException)
