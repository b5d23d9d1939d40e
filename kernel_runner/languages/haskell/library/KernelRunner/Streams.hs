-- | The cells' stdin, stdout and stderr.
module KernelRunner.Streams
  ( prepareStreams
  , reopenStreams
  , renewInput
  , flushOutput
  ) where

import Control.Concurrent (forkIO, threadDelay)
import Control.Concurrent.MVar
import Control.Exception
import Control.Monad
import GHC.IO.Encoding (setFileSystemEncoding, setForeignEncoding, setLocaleEncoding)
import GHC.IO.FD (mkFD)
import qualified GHC.IO.FD as FD
import GHC.IO.Handle.FD (mkHandleFromFD)
import GHC.IO.Handle.Types (Handle (..))
import GHC.IO.IOMode (IOMode (ReadMode))
import System.IO
import System.Posix.IO
  ( OpenMode (ReadOnly, WriteOnly)
  , closeFd
  , defaultFileFlags
  , dupTo
  , openFd
  )
import System.Posix.Types (Fd)

prepareStreams :: IO ()
prepareStreams = do
  setLocaleEncoding utf8
  setFileSystemEncoding utf8
  setForeignEncoding utf8
  mapM_ (`hSetEncoding` utf8) [stdin, stdout, stderr]
  hSetBuffering stdout LineBuffering
  void (forkIO flushNowAndThen)

-- A prompt has no newline.
flushNowAndThen :: IO ()
flushNowAndThen = forever (threadDelay 10000 >> quietly (hFlush stdout))

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
  when (usable /= Right True) $ quietly $ do
    reopen 0 ReadOnly "/dev/tty"
    (device, kind) <- mkFD 0 ReadMode Nothing False False
    fresh <- mkHandleFromFD device {FD.fdIsNonBlocking = 0} kind "<stdin>" ReadMode False (Just utf8)
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
