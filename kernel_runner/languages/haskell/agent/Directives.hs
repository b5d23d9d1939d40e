-- | The lines that start with a colon, as GHCi and IHaskell have them.
module Directives
  ( runDirective
  , setFlags
  , describeName
  , inspectType
  ) where

import Control.Exception (ErrorCall (..), throwIO)
import Control.Monad
import Control.Monad.IO.Class (liftIO)
import Data.Char (isSpace)
import Data.List (dropWhileEnd, isPrefixOf)
import GHC
import GHC.Core.Ppr.TyThing (pprFamInst, pprTyThingInContextLoc, pprTypeForUser)
import GHC.Driver.CmdLine (warnMsg)
import qualified GHC.Types.SrcLoc as SrcLoc
import GHC.Utils.Outputable
import IHaskell.Display (custom, presentData)
import KernelRunner.Streams (flushOutput)
import System.Directory (setCurrentDirectory)
import System.IO
import System.Process (system)

-- | Runs a directive: the line without its colon.
runDirective :: String -> Ghc ()
runDirective line = case expand name of
  "type" -> inspectType rest >>= say
  "kind" -> kindOf False rest >>= say
  "kind!" -> kindOf True rest >>= say
  "info" -> unlines' <$> mapM describeName (words rest) >>= say
  "doc" -> unlines' <$> mapM describeName (words rest) >>= say
  "load" -> loadFiles (words rest)
  "add" -> getTargets >>= \old -> loadMore old (words rest)
  "reload" -> getTargets >>= \old -> loadMore old []
  "module" -> changeModules (words rest)
  "extension" -> setFlags (map ("-X" ++) (words rest))
  "set" -> setOptions (words rest)
  "cd" -> liftIO (setCurrentDirectory rest)
  "show" -> showBindings
  "!" -> liftIO (flushOutput >> void (system rest))
  "help" -> say help
  _ | name `elem` harmless -> return ()
  _ -> usage ("unknown directive ‘:" ++ name ++ "’; :help lists those that there are")
  where
    (name, rest) = case line of
      '!' : command -> ("!", command)
      _ -> fmap strip (break isSpace line)
    say = liftIO . presentData . custom "text/plain"
    unlines' = strip . unlines

-- What IHaskell's front end would be told.
harmless :: [String]
harmless = ["opt", "option", "hoogle", "pprint", "extend"]

-- As in GHCi, a directive's beginning is enough; these come first.
expand :: String -> String
expand "" = ""
expand "?" = "help"
expand "X" = "extension"
expand name = case filter (name `isPrefixOf`) names of
  found : _ -> found
  [] -> name
  where
    names =
      ["type", "kind", "info", "load", "module", "set", "reload", "extension", "add", "cd"]
        ++ ["show", "help", "doc", "kind!"]

help :: String
help =
  unlines
    [ ":type EXPRESSION      its type"
    , ":kind TYPE            its kind; :kind! normalises it too"
    , ":info NAME            what a name is, and where it is from"
    , ":load FILE...         load modules; :add FILE, :reload"
    , ":module [+-] MODULE   change what is in scope"
    , ":set FLAG...          GHC's flags, -XExtension too"
    , ":ext EXTENSION        turn on a language extension"
    , ":cd DIRECTORY, :show bindings, :! COMMAND"
    ]

usage :: String -> Ghc a
usage = liftIO . throwIO . ErrorCall

-- | An expression and its type.
inspectType :: String -> Ghc String
inspectType expression = do
  type_ <- exprType TM_Inst expression
  render (hang (text expression) 2 (dcolon <+> pprTypeForUser type_))

kindOf :: Bool -> String -> Ghc String
kindOf normalise type_ = do
  (normal, kind) <- typeKind normalise type_
  render $
    vcat
      [ text type_ <+> dcolon <+> pprTypeForUser kind
      , ppWhen normalise (equals <+> pprTypeForUser normal)
      ]

-- | What there is to say about a name.
describeName :: String -> Ghc String
describeName name = do
  found <- parseName name
  infos <- mapM (getInfo False) found
  render (vcat [about info | Just info <- infos])
  where
    about (thing, fixity, classes, families, docs) =
      docs
        $$ pprTyThingInContextLoc thing
        $$ ppUnless (fixity == defaultFixity) (ppr fixity <+> text name)
        $$ vcat (map pprInstance classes)
        $$ vcat (map pprFamInst families)

render :: SDoc -> Ghc String
render doc = do
  flags <- getInteractiveDynFlags
  unqualified <- getPrintUnqual
  return (strip (showSDocForUser flags unqualified doc))

-- | Sets GHC's flags, for cells and for what they load.
setFlags :: [String] -> Ghc ()
setFlags flags = do
  apply getInteractiveDynFlags setInteractiveDynFlags
  apply getSessionDynFlags (void . setProgramDynFlags)
  where
    apply get put = do
      old <- get
      (new, leftovers, warnings) <- parseDynamicFlags old (map SrcLoc.noLoc flags)
      unless (null leftovers) $ usage ("unknown flag ‘" ++ unLoc (head leftovers) ++ "’")
      liftIO (mapM_ (hPutStrLn stderr . unLoc . warnMsg) warnings)
      put new

-- What :set sets beside flags is about GHCi's own console.
setOptions :: [String] -> Ghc ()
setOptions options = case options of
  word : _ | not ("-" `isPrefixOf` word) -> return ()
  [] -> return ()
  _ -> setFlags options

changeModules :: [String] -> Ghc ()
changeModules arguments = do
  context <- getContext
  case arguments of
    "+" : names -> setContext (map import_ names ++ context)
    "-" : names -> setContext (filter ((`notElem` names) . nameOf) context)
    ('+' : name) : names -> changeModules ("+" : name : names)
    ('-' : name) : names -> changeModules ("-" : name : names)
    names -> setContext (map import_ ("Prelude" : names))
  where
    import_ = IIDecl . simpleImportDecl . mkModuleName . dropWhile (== '*')
    nameOf (IIDecl declaration) = moduleNameString (unLoc (ideclName declaration))
    nameOf (IIModule name) = moduleNameString name

loadFiles :: [String] -> Ghc ()
loadFiles = loadMore []

-- GHC forgets what cells have defined; the person should know.
loadMore :: [Target] -> [String] -> Ghc ()
loadMore old files = do
  lost <- not . null <$> getBindings
  when lost $
    liftIO (hPutStrLn stderr "[Loading modules: what cells have defined before is gone.]")
  new <- mapM (`guessTarget` Nothing) files
  context <- getContext
  setTargets (old ++ new)
  result <- load LoadAllTargets
  graph <- getModuleGraph
  loaded <- filterM isLoaded (map ms_mod_name (mgModSummaries graph))
  setContext (map IIModule loaded ++ [keep | keep@(IIDecl _) <- context])
  when (failed result) $ usage "the modules could not be loaded"

showBindings :: Ghc ()
showBindings = do
  things <- getBindings
  shown <- render (vcat (map pprTyThingInContextLoc things))
  liftIO (presentData (custom "text/plain" shown))

strip :: String -> String
strip = dropWhileEnd isSpace . dropWhile isSpace
