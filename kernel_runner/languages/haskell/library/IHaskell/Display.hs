{-# LANGUAGE FlexibleInstances #-}
{-# LANGUAGE UndecidableInstances #-}

-- | What a cell can show, with the names of IHaskell's module of this name.
--
-- The value of an expression is shown by its instance of 'IHaskellDisplay', or else of 'Show'.
module IHaskell.Display
  ( -- * Rich values
    IHaskellDisplay (..)
  , Display (..)
  , DisplayData (..)
  , many

    -- * Data of one MIME type
  , plain
  , html
  , svg
  , png
  , jpg
  , gif
  , latex
  , markdown
  , javascript
  , json
  , vegalite
  , custom
  , binary
  , base64
  , Base64
  , MimeType
  , Width
  , Height

    -- * Showing now
  , printDisplay
  , printDisplayAs
  , updateDisplay
  , clearOutput

    -- * For the agent
  , present
  , presentShown
  , presentData
  , setPresentation
  , recordingFailure
  , takeFailure
  , Presentation (..)
  ) where

import Control.Exception
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as C
import Data.IORef
import KernelRunner.Frames
import System.IO.Unsafe (unsafePerformIO)

type MimeType = String

type Width = Int

type Height = Int

-- | Bytes that stand for themselves: the kernel encodes them.
newtype Base64 = Base64 B.ByteString

data DisplayData = DisplayData MimeType B.ByteString

-- | One value in several forms, of which a front end takes the best; or several values.
data Display
  = Display [DisplayData]
  | ManyDisplay [Display]

class IHaskellDisplay a where
  display :: a -> IO Display

instance IHaskellDisplay Display where
  display = return

instance IHaskellDisplay DisplayData where
  display shown = return (Display [shown])

instance {-# OVERLAPPING #-} IHaskellDisplay [DisplayData] where
  display = return . Display

instance {-# OVERLAPPABLE #-} Show a => IHaskellDisplay a where
  display = return . shownPlain

-- An infinite list must not take all memory.
maxShown :: Int
maxShown = 1000000

shownPlain :: Show a => a -> Display
shownPlain value = Display [plain (cut (show value))]
  where
    cut text = case splitAt maxShown text of
      (shown, []) -> shown
      (shown, _) -> shown ++ "..."

many :: [Display] -> Display
many = ManyDisplay

plain, html, svg, latex, markdown, javascript, json, vegalite :: String -> DisplayData
plain = custom "text/plain"
html = custom "text/html"
svg = custom "image/svg+xml"
latex = custom "text/latex"
markdown = custom "text/markdown"
javascript = custom "application/javascript"
json = custom "application/json"
vegalite = custom "application/vnd.vegalite.v5+json"

-- | Text of any MIME type.
custom :: MimeType -> String -> DisplayData
custom mime = DisplayData mime . encode

-- | Bytes of any MIME type.
binary :: MimeType -> B.ByteString -> DisplayData
binary = DisplayData

base64 :: B.ByteString -> Base64
base64 = Base64

png, jpg, gif :: Width -> Height -> Base64 -> DisplayData
png _ _ (Base64 bytes) = binary "image/png" bytes
jpg _ _ (Base64 bytes) = binary "image/jpeg" bytes
gif _ _ (Base64 bytes) = binary "image/gif" bytes

-- | Shows a value now.
printDisplay :: IHaskellDisplay a => a -> IO ()
printDisplay value = display value >>= showAs "display" ""

-- | Shows a value now, under a name by which 'updateDisplay' finds it.
printDisplayAs :: IHaskellDisplay a => String -> a -> IO ()
printDisplayAs name value = display value >>= showAs "display" name

-- | Shows a value in the place of the one of this name.
updateDisplay :: IHaskellDisplay a => String -> a -> IO ()
updateDisplay name value = display value >>= showAs "update" name

-- | Clears the cell's output: at once, or ('True') when there is something new.
clearOutput :: Bool -> IO ()
clearOutput wait = sendMarked 'U' [C.pack (if wait then "1" else "0")]

showAs :: String -> String -> Display -> IO ()
showAs kind_ name (ManyDisplay several) = mapM_ (showAs kind_ name) several
showAs kind_ name (Display forms) = sendMarked 'D' (map encode [kind_, name, ""] ++ pairs)
  where
    pairs = concat [[encode mime, bytes] | DisplayData mime bytes <- withPlain forms]

-- Consoles show text/plain: there is always some.
withPlain :: [DisplayData] -> [DisplayData]
withPlain forms
  | null forms || any (isMime "text/plain") forms = forms
  | otherwise = twin (head forms) : forms
  where
    isMime mime (DisplayData other _) = mime == other
    twin (DisplayData mime bytes)
      | take 5 mime == "text/" = DisplayData "text/plain" bytes
      | otherwise = plain ("<" ++ mime ++ ">")

-- | How an expression's value is shown: as the cell's result, as GHCi's console would, or not
-- at all.
data Presentation = AsResult | AsOutput | Silently

presentation :: IORef Presentation
presentation = unsafePerformIO (newIORef AsResult)
{-# NOINLINE presentation #-}

setPresentation :: Presentation -> IO ()
setPresentation = writeIORef presentation

-- | What GHC applies to the value of an expression.
present :: IHaskellDisplay a => a -> IO ()
present value = display value >>= presentDisplay

-- | The same for those values that only have a 'Show' instance.
presentShown :: Show a => a -> IO ()
presentShown = presentDisplay . shownPlain

presentData :: DisplayData -> IO ()
presentData shown = presentDisplay (Display [shown])

presentDisplay :: Display -> IO ()
presentDisplay shown = do
  how <- readIORef presentation
  case (how, shown) of
    (Silently, _) -> return ()
    (AsResult, _) -> showAs "result" "" shown
    (AsOutput, Display [DisplayData "text/plain" text]) -> C.putStrLn text
    (AsOutput, _) -> showAs "display" "" shown

-- GHC's interpreter gives its caller no more of an exception than its text.
failure :: IORef (Maybe SomeException)
failure = unsafePerformIO (newIORef Nothing)
{-# NOINLINE failure #-}

-- | Runs a statement, and keeps the exception that ends it.
recordingFailure :: IO a -> IO a
recordingFailure action = action `catch` \raised -> do
  writeIORef failure (Just raised)
  throwIO raised

takeFailure :: IO (Maybe SomeException)
takeFailure = atomicModifyIORef' failure (\raised -> (Nothing, raised))
