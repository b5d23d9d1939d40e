#!/bin/sh
# Builds the agent with the compiler GHC in the directory OUT: a small package, which cells can
# import and the agent is linked with, and the agent itself.
#
#     build.sh GHC OUT

set -eu

ghc=$1
out=$2
sources=$(dirname "$0")
version=$("$ghc" --numeric-version)
package=kernel-runner-display
modules="IHaskell.Display KernelRunner.Frames KernelRunner.Streams"

ghc_pkg=$(dirname "$ghc")/ghc-pkg
[ -x "$ghc_pkg" ] || ghc_pkg=ghc-pkg

id_of() {
  "$ghc_pkg" --global --simple-output field "$1" id
}

mkdir -p "$out/library" "$out/agent"
# shellcheck disable=SC2086 # the modules are words
"$ghc" -v0 -O1 -dynamic -shared -fPIC -this-unit-id "$package" -package-env - \
  -i"$sources/library" -outputdir "$out/library" -hisuf dyn_hi -osuf dyn_o \
  -o "$out/library/libHS$package-ghc$version.so" $modules

cat >"$out/package.conf" <<CONF
name: $package
version: 1.0
id: $package
key: $package
abi: 1
exposed: True
exposed-modules: $modules
import-dirs: \${pkgroot}/library
library-dirs: \${pkgroot}/library
dynamic-library-dirs: \${pkgroot}/library
hs-libraries: HS$package
depends: $(id_of base) $(id_of bytestring) $(id_of unix)
CONF
"$ghc_pkg" init "$out/packages"
"$ghc_pkg" --package-db "$out/packages" register -v0 --force "$out/package.conf" 2>/dev/null

"$ghc" -v0 -O1 -dynamic -threaded -rtsopts=ignoreAll \
  "-with-rtsopts=-K256m -A16m -I0 -N2 -qg" \
  -package-env - -package-db "$out/packages" -package ghc -package ghci -package "$package" \
  -i"$sources/agent" -outputdir "$out/agent" -optl "-Wl,-rpath,\$ORIGIN/library" \
  -o "$out/program" "$sources/agent/Main.hs"
"$ghc" --print-libdir >"$out/libraries"
