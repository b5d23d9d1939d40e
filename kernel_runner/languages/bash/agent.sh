# The bash agent: evaluates cells in this shell. See kernel_runner/session/frames.py.
#
# Names of its own begin with _kr_. A cell is written to a file and sourced: `declare` then stays
# global, and messages have the cell's name and lines. Requests come in on a copy of fd 3, and
# answers go out on a copy of fd 4, which a cell's own commands never see.

exec {_kr_in}<&3 {_kr_out}>&4 3<&- 4>&-
_kr_dir=$1 _kr_init=${2-}
source "${BASH_SOURCE[0]%/*}/display.sh"
[[ -n $_kr_init ]] && source "$_kr_init"
set --
shopt -s expand_aliases
# A shell that runs away into recursion would die of its stack; this is an error instead.
FUNCNEST=1000

# A frame is one write, since a job in the background may display something just now. The shell
# itself writes line by line.
_kr_reply() {  # TYPE ID FIELD...
  local LC_ALL=C header="$1 $2" field frame=$_kr_dir/frame.$BASHPID
  shift 2
  for field; do header+=" ${#field}"; done
  if (($#)); then
    printf '%s' "$header"$'\n' "$@" >|"$frame"
    cat "$frame" >&"$_kr_out"
    ((BASHPID == $$)) || rm -f "$frame"
  else
    printf '%s\n' "$header" >&"$_kr_out"
  fi
}

# Reads a frame into _kr_type, _kr_id and the array _kr_fields. Lengths are bytes: hence LC_ALL.
_kr_receive() {
  local LC_ALL=C header length field
  IFS=' ' read -r -u "$_kr_in" -a header || exit 0
  _kr_type=${header[0]} _kr_id=${header[1]} _kr_fields=()
  for length in "${header[@]:2}"; do
    field=
    ((length)) && IFS= read -r -d '' -N "$length" -u "$_kr_in" field
    _kr_fields+=("$field")
  done
}

# What a cell may have switched on, and would harm the agent's own commands between cells.
_kr_restore() {
  local flag
  for flag in f C u v e x; do
    [[ $_kr_flags == *$flag* ]] && set "-$flag"
  done
  return "$_kr_status"
}

# Leaves everything that is running, functions too: with extdebug, a DEBUG trap that gives 2
# makes each next command a `return`, until the cell's file itself has returned.
_kr_interrupted() {
  _kr_stop=1
  shopt -s extdebug
  trap _kr_leave DEBUG
}

_kr_leave() {
  ((${#FUNCNAME[@]} > 2)) && return 2
  return 0
}

# Bash runs a file line by line; a cell with an error at its end should not run at all. As the
# body of a function it is parsed whole, and not run, in no time. Where that fails (a cell of
# comments is no body) a shell of its own looks again.
_kr_parses() {
  eval "_kr_probe() {
${_kr_fields[0]}
}" 2>/dev/null && return 0
  _kr_message=$(LC_MESSAGES=C "$BASH" -O extglob -O expand_aliases -n "$_kr_cell" 2>&1)
}

_kr_failed() {  # STATUS
  if [[ -n $_kr_stop ]]; then
    _kr_reply X "$_kr_id" Interrupted 'The cell was interrupted.' $'\e[31mInterrupted\e[0m'
  elif [[ -n $_kr_message ]]; then
    _kr_message=${_kr_message//"$_kr_dir/"}
    _kr_reply X "$_kr_id" SyntaxError "${_kr_message%%$'\n'*}" "$_kr_message"
  else
    _kr_reply X "$_kr_id" ExitCode "The last command ended with exit code $1." \
      $'\e[31mExitCode\e[0m: '"the last command ended with exit code $1"
  fi
}

_kr_complete() {
  local LC_ALL=C code=${_kr_fields[0]} offset=${_kr_fields[1]} before word
  local -a matches
  before=${code:0:offset}
  word=${before##*[[:space:]\;|&\(<>=\`]}
  case $word in
    '${'*) mapfile -t matches < <(compgen -v -P '${' -S '}' -- "${word#??}") ;;
    '$'*) mapfile -t matches < <(compgen -v -P '$' -- "${word#?}") ;;
    */*) mapfile -t matches < <(_kr_paths "$word") ;;
    *) if [[ ${before%"$word"} =~ (^|[$'\n'\;\|\&\(])[[:blank:]]*$ ]]; then
         mapfile -t matches < <(compgen -A command -- "$word" | sort -u | head -200)
       else
         mapfile -t matches < <(_kr_paths "$word")
       fi ;;
  esac
  _kr_reply C "$_kr_id" $((offset - ${#word})) "$offset" "${matches[@]}"
}

_kr_paths() {  # WORD: files, directories with a slash
  local path
  compgen -f -- "$1" | while IFS= read -r path; do
    [[ -d ${path/#\~/$HOME} ]] && path+=/
    printf '%s\n' "$path"
  done
}

_kr_inspect() {
  local LC_ALL=C code=${_kr_fields[0]} offset=${_kr_fields[1]} before after word text=
  before=${code:0:offset} after=${code:offset}
  before=${before##*[!A-Za-z0-9_.+-]} after=${after%%[!A-Za-z0-9_.+-]*}
  word=$before$after
  if [[ -n $word ]]; then
    text=$(declare -p -- "$word" 2>/dev/null || help -- "$word" 2>/dev/null ||
      type -- "$word" 2>/dev/null)
  fi
  if [[ -n $text ]]; then
    _kr_reply I "$_kr_id" text/plain "$text"
  else
    _kr_reply I "$_kr_id"
  fi
}

_kr_flags= _kr_status=0 _kr_stop= _kr_message=
trap : INT
_kr_reply R 0 "${BASH_VERSION%%(*}"

# Not in functions: a cell's `declare` would be local to them.
while :; do
  _kr_receive
  case $_kr_type in
    E)
      _kr_cell="$_kr_dir/In[${_kr_fields[1]}]" _kr_stop= _kr_message=
      printf '%s\n' "${_kr_fields[0]}" >|"$_kr_cell"
      [[ -n ${_kr_fields[2]} ]] && exec >"${_kr_fields[2]}" 2>"${_kr_fields[3]}"
      _kr_reply B "$_kr_id"
      if ! _kr_parses; then
        _kr_status=2
      else
        # No `return` here: out of a trap it leaves bash believing that the trap still runs.
        trap _kr_interrupted INT
        { _kr_restore; } 2>/dev/null  # not to be seen under set -x
        source "$_kr_cell" {_kr_in}<&- {_kr_out}>&-
        { _kr_status=$? _kr_flags=$-; set +xevuCf; } 2>/dev/null
        trap : INT
        [[ -n $_kr_stop ]] && { trap - DEBUG; shopt -u extdebug; _kr_status=130; }
      fi
      if ((_kr_status)); then _kr_failed "$_kr_status"; else _kr_reply K "$_kr_id"; fi
      ;;
    C) _kr_complete ;;
    I) _kr_inspect ;;
    O | M | L)  # no comms here: what is opened is closed
      _kr_reply B "$_kr_id"
      [[ $_kr_type == O ]] && _kr_reply L "$_kr_id" "${_kr_fields[0]}" '{}' '{}'
      _kr_reply K "$_kr_id"
      ;;
    Q) exit 0 ;;
  esac
done
