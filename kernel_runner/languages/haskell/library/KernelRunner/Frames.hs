-- | Frames between the agent and the kernel.  See kernel_runner/session/frames.py.
module KernelRunner.Frames
  ( Request (..)
  , field
  , textField
  , receive
  , send
  , sendMarked
  , setCurrent
  , getCurrent
  , encode
  , decode
  ) where

import Control.Concurrent.MVar
import Control.Exception
import qualified Data.ByteString as B
import qualified Data.ByteString.Builder as Builder
import qualified Data.ByteString.Char8 as C
import qualified Data.ByteString.Lazy as Lazy
import Data.IORef
import GHC.Foreign (peekCStringLen)
import KernelRunner.Streams (flushOutput)
import System.IO
import System.IO.Unsafe (unsafePerformIO)
import System.Posix.IO (FdOption (CloseOnExec), closeFd, dupTo, fdToHandle, setFdOption)
import System.Posix.Types (Fd)

data Request = Request
  { kind :: Char
  , number :: Int
  , fields :: [B.ByteString]
  }

-- | A field of a request; empty where the frame is shorter.
field :: Int -> Request -> B.ByteString
field index request = case drop index (fields request) of
  found : _ -> found
  [] -> B.empty

textField :: Int -> Request -> String
textField index = decode . field index

-- Out of the way of cells that close low descriptors, and never seen by children.
takeDescriptor :: Fd -> IO Handle
takeDescriptor low = do
  high <- dupTo low (low + 100)
  closeFd low
  setFdOption high CloseOnExec True
  fdToHandle high

requests, answers :: Handle
requests = unsafePerformIO (takeDescriptor 3)
{-# NOINLINE requests #-}
answers = unsafePerformIO (takeDescriptor 4)
{-# NOINLINE answers #-}

sending :: MVar ()
sending = unsafePerformIO (newMVar ())
{-# NOINLINE sending #-}

-- The request that is being evaluated.
current :: IORef Int
current = unsafePerformIO (newIORef 0)
{-# NOINLINE current #-}

setCurrent :: Int -> IO ()
setCurrent = writeIORef current

getCurrent :: IO Int
getCurrent = readIORef current

-- | The next request; Nothing where there are no more.
receive :: IO (Maybe Request)
receive = do
  header <- try (B.hGetLine requests) :: IO (Either IOException B.ByteString)
  case words . C.unpack <$> header of
    Right ((kind_ : _) : id_ : sizes) ->
      Just . Request kind_ (read id_) <$> mapM (B.hGet requests . read) sizes
    _ -> return Nothing

-- | Sends a frame, whole, whatever interrupts come.
send :: Char -> Int -> [B.ByteString] -> IO ()
send kind_ id_ parts = do
  mapM_ evaluate parts -- before interrupts are kept out
  uninterruptibleMask_ $ withMVar sending $ \_ -> do
    let sizes = map (show . B.length) parts
    B.hPut answers (B.concat (C.pack (unwords ([kind_] : show id_ : sizes) ++ "\n") : parts))
    hFlush answers

mark :: String
mark = "\ESC_kernel-runner\ESC\\"

-- | Sends a frame of the cell's, and marks the place in stdout where it belongs.
sendMarked :: Char -> [B.ByteString] -> IO ()
sendMarked kind_ parts = do
  mapM_ evaluate parts -- what fails or is interrupted does so here, where it may
  flushOutput
  hPutStr stdout mark `catch` \failure -> const (return ()) (failure :: IOException)
  flushOutput
  id_ <- getCurrent
  send kind_ id_ parts

encode :: String -> B.ByteString
encode = Lazy.toStrict . Builder.toLazyByteString . Builder.stringUtf8

-- | What is not UTF-8 is left out.
decode :: B.ByteString -> String
decode bytes = unsafePerformIO $ do
  lenient <- mkTextEncoding "UTF-8//IGNORE"
  B.useAsCStringLen bytes (peekCStringLen lenient)
