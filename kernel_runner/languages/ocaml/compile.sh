#!/bin/sh
# Compile modules of OCaml, in the order in which they need each other, and link them.
#
#     sh compile.sh OBJECTS PROGRAM SOURCE...
set -eu

objects=$1 program=$2
shift 2
libraries="-I +unix -I +str -I +threads"
included=
for source; do included="$included -I $(dirname "$source")"; done

modules=
# shellcheck disable=SC2086 # lists of words; names of modules have no spaces
for source in $(ocamldep -sort $included "$@"); do
  name=$(basename "$source")
  unit=$objects/${name%.*}
  case $source in
    *.mli) ocamlopt -g $libraries -I "$objects" -c -o "$unit.cmi" "$source" ;;
    *)
      ocamlopt -g $libraries -I "$objects" -c -o "$unit.cmx" "$source"
      modules="$modules $name"
      ;;
  esac
done
set --
for name in $modules; do set -- "$@" "$objects/${name%.*}.cmx"; done
# shellcheck disable=SC2086
ocamlopt -g $libraries unix.cmxa str.cmxa "$@" -o "$program"
