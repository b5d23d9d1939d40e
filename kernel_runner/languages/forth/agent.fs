\ The Forth agent: includes each cell as a file of its own, in one Gforth. See
\ kernel_runner/session/frames.py. The data stack is the cells' own: the agent leaves nothing there.

require string.fs

vocabulary kernel-runner
also kernel-runner definitions

0 Value requests
0 Value answers
Variable folder$  \ where cells become files
Variable header$  \ of the frame that is sent
Variable body$
Variable id$      \ of the request that is answered
Variable cell$    \ what messages call the current cell
Variable path$    \ and where it is
Variable note$    \ where a word's output goes that is wanted as text
Variable found$   \ and that text
Variable line-in-cell
s" " folder$ $!  s" " header$ $!  s" " body$ $!  s" " id$ $!  s" " cell$ $!  s" " path$ $!
s" " note$ $!  s" " found$ $!

1 16 lshift Constant longest
Create line longest allot
16 Constant most
Create fields most 2* cells allot
Variable received

\ -- frames --------------------------------------------------------------------------------------

\ Numbers in frames are decimal, whatever base a cell has chosen.
: in-decimal ( ... xt -- ... ) base @ >r  decimal execute  r> base ! ;
: (number$) ( u -- addr u ) 0 <# #s #> ;
: number$ ( u -- addr u ) ['] (number$) in-decimal ;
: (number) ( addr u -- n ) 0. 2swap >number 2drop drop ;
: number ( addr u -- n ) ['] (number) in-decimal ;
: next-word ( addr u -- rest u word u ) bl $split 2swap ;
: field ( n -- addr u ) dup received @ < if 2* cells fields + 2@ else drop s" " then ;
: leave-now ( code -- ) stdout flush-file drop (bye) ;

: send ( addr u -- ) answers write-file throw ;
: begin-frame ( addr u -- ) header$ $! s"  " header$ $+! id$ $@ header$ $+!  s" " body$ $! ;
: add ( addr u -- ) tuck body$ $+!  s"  " header$ $+! number$ header$ $+! ;
: end-frame ( -- )
  stdout flush-file drop
  10 header$ $@ + c!  \ behind the text there is room for a line feed
  header$ $@ 1+ send  body$ $@ send  answers flush-file throw ;
: mark ( -- ) 27 emit ." _kernel-runner" 27 emit ." \" ;
: bare-frame ( addr u -- ) begin-frame end-frame ;

: receive-field { u -- }
  u 1+ allocate throw { text }
  text u requests read-file throw u <> if 0 leave-now then
  text u received @ 2* cells fields + 2!  1 received +! ;
: forget-fields ( -- ) received @ 0 ?do i field drop free drop loop  0 received ! ;

: receive ( -- type )  \ a letter
  forget-fields
  line longest requests read-line throw 0= if 0 leave-now then
  line swap next-word drop c@ { type }
  next-word id$ $!
  begin dup while next-word number receive-field repeat 2drop
  type ;

\ -- what a word writes, as text -----------------------------------------------------------------

: note-path ( -- addr u ) folder$ $@ note$ $!  s" /noted" note$ $+!  note$ $@ ;
: noted { xt -- addr u }  \ until the next time
  note-path w/o create-file throw { file }
  xt file outfile-execute  file close-file throw
  note-path slurp-file found$ $!  note-path delete-file drop  found$ $@ ;

\ -- errors --------------------------------------------------------------------------------------

: signal? ( n -- flag ) -511 -255 within ;
: system? ( n -- flag ) -2047 -511 within ;
Variable error$  s" " error$ $!
: listed ( n -- addr u )  \ the system's own messages are in a list
  ErrLink begin @ dup while 2dup cell+ @ = if nip 2 cells + count exit then repeat
  drop s" error " error$ $!  dup 0< if s" -" error$ $+! then  abs number$ error$ $+!
  error$ $@ ;
: abort-text ( -- addr u ) "error @ ?dup if count else s" aborted" then ;
: error-text { n -- addr u }
  n -1 = if s" aborted" exit then
  n -2 = if abort-text exit then
  n signal? if n 256 + negate strsignal exit then
  n system? if n 512 + negate strerror exit then
  n listed ;

\ Where it happened is on a stack, the innermost file last: a frame is the source's line, the word,
\ the line's number and the file's name.
Variable word$  s" " word$ $!
: cell-file? ( addr u -- flag ) path$ $@ str= ;
: take-place { source source# lexeme lexeme# number file file# -- }
  lexeme lexeme# word$ $!
  file file# cell-file? if number line-in-cell ! then ;
: take-places ( -- )
  0 line-in-cell !  s" " word$ $!
  error-stack @ 0 ?do error> take-place loop ;

Variable told$  s" " told$ $!
: tell ( addr u -- ) told$ $+! ;
: red ( -- ) s\" \e[31m" tell ;
: plain ( -- ) s\" \e[0m" tell ;
: fail { name name# message message# -- }
  s" " told$ $!
  red name name# tell plain
  message# if s" : " tell message message# tell then
  s\" \n" tell cell$ $@ tell
  line-in-cell @ if s" :" tell line-in-cell @ number$ tell then
  s" X" begin-frame name name# add message message# add told$ $@ add end-frame ;
: console-again ( -- )  \ as after every error: nothing is compiled, and nothing on the stacks
  postpone [ normal-dp dpp ! clearstacks ;

\ -- requests ------------------------------------------------------------------------------------

: .stacks ( -- )
  depth if ." <" depth 0 .r ." > " depth 0 ?do depth i - 1- pick . loop then
  fdepth if ." F:<" fdepth 0 .r ." > " fdepth 0 ?do fdepth i - 1- fpick f. loop then ;
: show-stacks ( -- )
  depth fdepth or 0= if exit then
  ['] .stacks noted -trailing
  mark s" D" begin-frame s" result" add s" " add s" " add s" text/plain" add add end-frame ;

: write-cell ( -- )
  path$ $@ w/o create-file throw { file }
  0 field file write-file throw  s\" \n" file write-file throw  file close-file throw ;
: run-cell ( -- ) path$ $@ included ;
: set-path ( -- ) folder$ $@ path$ $!  s" /" path$ $+!  cell$ $@ path$ $+! ;
: tell-failure ( n -- )
  take-places
  dup -28 = if drop s" Interrupted" s" The cell was interrupted." fail exit then
  error-text word$ $@ fail ;
: tell-unfinished ( -- )
  0 line-in-cell !  s" Unfinished definition" s" a ; is missing" fail ;
0 Value left  \ the stack as quit has left it: how many there are, and they, the top first
: note-stack ( ... -- )
  depth { u }  u 1+ cells allocate throw to left
  u left !  u 0 ?do left i 1+ cells + ! loop ;
: stack-again ( -- ... )  \ a throw has changed it
  clearstack  left 0= if exit then
  left @ 0 ?do left dup @ i - cells + @ loop
  left free drop  0 to left ;
: evaluate-cell ( -- )
  s" In[" cell$ $!  1 field cell$ $+!  s" ]" cell$ $+!
  s" B" bare-frame
  set-path write-cell  0 error-stack !
  ['] run-cell catch
  dup -56 = if drop postpone [ stack-again
  else ?dup if tell-failure console-again exit then then
  state @ if tell-unfinished console-again exit then
  show-stacks s" K" bare-frame ;

\ The word that ends at an offset, and the one that lies around it.
: word-before { code offset -- addr u }
  offset begin dup 0> while code over 1- + c@ bl > while 1- repeat then
  code over + offset rot - ;
: word-around { code u offset -- addr u }
  code offset word-before
  begin 2dup + code u + < while 2dup + c@ bl > while 1+ repeat then ;

2Variable wanted
: starts? ( addr u -- flag ) wanted 2@ nip over > if 2drop false exit then
  drop wanted 2@ swap capscomp 0= ;
: offer ( nt -- ) name>string 2dup starts? if add else 2drop then ;
: offer-all ( wid -- ) wordlist-id begin @ dup while dup offer repeat drop ;
: complete-word ( -- )
  0 field drop 1 field number word-before wanted 2!
  s" C" begin-frame  1 field number dup wanted 2@ nip - number$ add  number$ add
  wanted 2@ nip if get-order 0 ?do offer-all loop then
  end-frame ;

0 Value inspected
: .inspected ( -- ) inspected name-see ;
: inspect-word ( -- )
  0 field 1 field number word-around find-name to inspected
  s" I" begin-frame
  inspected if s" text/plain" add  ['] .inspected noted add then
  end-frame ;

: refuse-comm ( -- )  \ no comms here: what is opened is closed
  s" B" bare-frame  s" L" begin-frame 0 field add s" {}" add s" {}" add end-frame ;
: answer ( type -- )
  case
    'E of evaluate-cell endof
    'C of complete-word endof
    'I of inspect-word endof
    'O of refuse-comm s" K" bare-frame endof
    'M of s" B" bare-frame s" K" bare-frame endof
    'L of s" B" bare-frame s" K" bare-frame endof
    'Q of 0 leave-now endof
  endcase ;

: serve ( addr u -- )  \ the folder for cells
  folder$ $!
  s" /dev/fd/3" r/o open-file throw to requests
  s" /dev/fd/4" w/o open-file throw to answers
  s" 0" id$ $!  s" R" begin-frame version-string add end-frame
  begin receive answer again ;

forth definitions

: display ( data u mime u -- )  \ show more than text: s" <b>x</b>" s" text/html" display
  [ also kernel-runner ]
  mark s" D" begin-frame s" display" add s" " add s" " add add add end-frame
  [ previous ] ;

warnings @  warnings off
: quit ( -- )  \ ends the cell: else it would ask for lines here
  [ also kernel-runner ] note-stack [ previous ]  -56 throw ;
warnings !

\ Cells see nothing of the agent's own words.
next-arg  also kernel-runner ' serve only forth definitions  execute
