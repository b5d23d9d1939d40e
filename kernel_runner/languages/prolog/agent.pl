/*  The Prolog agent: consults cells in module user. See kernel_runner/session/frames.py.

    A cell is loaded as a file of the name In[N] would be: clauses are added, those of a
    predicate that an earlier cell has defined are replaced, directives run. Queries, `?- Goal`,
    are directives that show their solutions. After an error the rest of the cell is skipped.
*/

:- module(kernel_runner, []).

:- use_module(library(lists)).
:- use_module(library(apply)).
:- use_module(library(readutil)).
:- use_module(library(memfile)).
:- use_module(library(prolog_stack)).
:- use_module(library(listing)).
:- use_module(library(process), []).
:- use_module(library(prolog_stream)).
:- use_module(library(prolog_wrap)).
:- use_module(library(unix), [dup/2]).


:- dynamic
    channel/2,          % Requests, Answers
    evaluating/1,       % the id of the request that is evaluated
    failure/3,          % Name, Message, Traceback: of the cell that is running
    raw_error/1,        % the stream below user_error
    result/1,           % a result that waits to be the cell's last
    limit/1.            % how many solutions a query shows

limit(10).

:- initialization(main, main).

main :-
    open('/dev/fd/3', read, Requests, [encoding(octet), close_on_exec(true)]),
    open('/dev/fd/4', write, Answers, [encoding(octet), buffer(full), close_on_exec(true)]),
    asserta(channel(Requests, Answers)),
    dup(2, 3),                          % the originals are out of the way of a cell's programs
    dup(2, 4),
    maplist(prepare_stream, [user_input, user_output, user_error]),
    keep_output,
    prompt(_, ''),
    set_prolog_flag(toplevel_prompt, ''),
    set_prolog_flag(verbose_load, silent),
    on_signal(int, _, kernel_runner:interrupt),
    current_prolog_flag(version_data, swi(Major, Minor, Patch, _)),
    format(string(Version), "~w.~w.~w", [Major, Minor, Patch]),
    send('R', 0, [Version]),
    repeat,
    catch(serve, kernel_runner(interrupted), true),
    fail.

prepare_stream(Stream) :-
    set_stream(Stream, encoding(utf8)),
    set_stream(Stream, tty(false)).

interrupt(_Signal) :-
    throw(kernel_runner(interrupted)).

serve :-
    receive(Type, Id, Fields),
    answer(Type, Id, Fields).


                /*******************************
                *            FRAMES            *
                *******************************/

%!  receive(-Type, -Id, -Fields) is det.
%
%   The next frame; its fields are strings of octets. Halts at the end.

receive(Type, Id, Fields) :-
    channel(Requests, _),
    read_line_to_string(Requests, Header),
    (   Header == end_of_file
    ->  halt
    ;   split_string(Header, " ", "", [Letter, Number|Sizes]),
        atom_string(Type, Letter),
        number_string(Id, Number),
        maplist(receive_field(Requests), Sizes, Fields)
    ).

receive_field(Requests, Size, Octets) :-
    number_string(Length, Size),
    (   Length =:= 0
    ->  Octets = ""
    ;   read_string(Requests, Length, Octets)
    ).

%!  send(+Type, +Id, +Fields) is det.
%
%   Send a frame, with nothing left behind in the output streams.

send(Type, Id, Fields) :-
    (   memberchk(Type, ['D', 'U'])
    ->  format(user_output, "\u001b_kernel-runner\u001b\\", [])
    ;   true
    ),
    flush_output(user_output),
    flush_output(user_error),
    maplist(octets, Fields, Raw),
    maplist(string_length, Raw, Sizes),
    atomic_list_concat([Type, Id|Sizes], ' ', Header),
    channel(_, Answers),
    format(Answers, "~w\n", [Header]),
    maplist(write(Answers), Raw),
    flush_output(Answers).

octets(Text, Octets) :-
    setup_call_cleanup(
        new_memory_file(File),
        (   setup_call_cleanup(
                open_memory_file(File, write, Out, [encoding(utf8)]),
                write(Out, Text),
                close(Out)),
            memory_file_to_string(File, Octets, octet)
        ),
        free_memory_file(File)).

text(Octets, Text) :-
    setup_call_cleanup(
        new_memory_file(File),
        (   setup_call_cleanup(
                open_memory_file(File, write, Out, [encoding(octet)]),
                write(Out, Octets),
                close(Out)),
            memory_file_to_string(File, Text, utf8)
        ),
        free_memory_file(File)).


                /*******************************
                *            OUTPUT            *
                *******************************/

%!  keep_output is det.
%
%   A write for each line would be most of a loop's time, so that lines are kept for a moment, and
%   a thread flushes them. What has been printed is out before stderr is written or a program
%   runs; before stdin is read, Prolog itself sees to that.

keep_output :-
    set_stream(user_output, buffer(full)),
    stream_property(Raw, alias(user_error)),
    asserta(raw_error(Raw)),
    open_prolog_stream(kernel_runner, write, Ordered, []),
    set_stream(Ordered, buffer(false)),     % what one goal writes still comes as one text
    set_stream(Ordered, alias(user_error)),
    flush_before(process:process_create(_, _, _)),
    setup_call_cleanup(
        set_prolog_flag(access_level, system),
        maplist(flush_before,       % shell/1 calls shell/2
                [ system:shell(_, _), system:open(_, _, _), system:open(_, _, _, _) ]),
        set_prolog_flag(access_level, user)),
    thread_create(flush_now_and_then, _, [alias(kernel_runner_flush), detached(true)]).

flush_before(Head) :-
    wrap_predicate(Head, kernel_runner, Goal, (kernel_runner:flush_output_quietly, Goal)).

flush_now_and_then :-
    repeat,
    sleep(0.02),
    flush_output_quietly,
    fail.

%   A cell may have closed it.
flush_output_quietly :-
    catch(flush_output(user_output), error(_, _), true).

%   What library(prolog_stream) calls.
stream_write(_, Text) :-
    flush_output_quietly,
    raw_error(Raw),
    write(Raw, Text),
    flush_output(Raw).

stream_close(_) :-
    retract(raw_error(Raw)),
    close(Raw).


                /*******************************
                *           REQUESTS           *
                *******************************/

answer('E', Id, [Octets, Count|Rest]) =>
    retractall(evaluating(_)),
    asserta(evaluating(Id)),
    retractall(failure(_, _, _)),
    retractall(result(_)),
    send('B', Id, []),
    text(Octets, Code),
    format(atom(Cell), "In[~w]", [Count]),
    catch(evaluate(Rest, Code, Cell), Error, failed(Error, Cell)),
    finish(Id).
answer('C', Id, [Octets, Offset]) =>
    number_string(At, Offset),
    sub_string(Octets, 0, At, _, BeforeOctets),
    text(BeforeOctets, Before),
    word_before(Before, Word),
    completions(Word, Matches),
    octets(Word, WordOctets),
    string_length(WordOctets, Length),
    Start is At - Length,
    send('C', Id, [Start, At|Matches]).
answer('I', Id, [Octets, Offset, Detail]) =>
    number_string(At, Offset),
    sub_string(Octets, 0, At, After, BeforeOctets),
    sub_string(Octets, At, After, 0, AfterOctets),
    text(BeforeOctets, Before),
    text(AfterOctets, Following),
    word_before(Before, Start),
    word_after(Following, End),
    string_concat(Start, End, Name),
    (   Name \== "",
        description(Name, Detail, Text)
    ->  send('I', Id, ["text/plain", Text])
    ;   send('I', Id, [])
    ).
answer('P', Id, [Octets]) =>
    text(Octets, Code),
    completeness(Code, Status),
    send('P', Id, [Status, ""]).
answer('O', Id, [Comm|_]) =>            % no comms here: what is opened is closed
    send('B', Id, []),
    send('L', Id, [Comm, "{}", "{}"]),
    send('K', Id, []).
answer('Q', _, _) =>
    halt.
answer(Type, Id, _), memberchk(Type, ['M', 'L']) =>
    send('B', Id, []),
    send('K', Id, []).
answer(_, _, _) =>
    true.

finish(Id) :-
    (   failure(Name, Message, Traceback)
    ->  show_waiting(display),
        send('X', Id, [Name, Message, Traceback])
    ;   show_waiting(result),
        send('K', Id, [])
    ).


                /*******************************
                *            CELLS             *
                *******************************/

%!  evaluate(+Fields, +Code, +Cell) is det.
%
%   Load a cell; or, where the options say so, show what a goal gives.

evaluate([_, _, Options|_], Code, Cell) :-
    sub_string(Options, _, _, _, "\"expression\": true"),
    !,
    term_string(Goal, Code, [variable_names(Names), module(user)]),
    query(Goal, Names, Cell).
evaluate(_, Code, Cell) :-
    setup_call_cleanup(
        open_string(Code, Stream),
        (   set_stream(Stream, file_name(Cell)),
            load_files(user:Cell, [stream(Stream)])
        ),
        close(Stream)).

user:term_expansion(_, []) :-
    evaluating(_),              % also keeps this from expanding the agent itself
    in_cell,
    failure(_, _, _).
user:term_expansion((?- Goal), (:- kernel_runner:query(Goal, Names, Place))) :-
    evaluating(_),
    in_cell,
    prolog_load_context(variable_names, Names),
    place(Place).
user:term_expansion((:- Goal), (:- kernel_runner:directive(Goal, Place))) :-
    evaluating(_),
    in_cell,
    \+ Goal = (kernel_runner:_),
    \+ for_the_compiler(Goal),
    place(Place).

%   What must be seen by the compiler itself.
for_the_compiler(module(_, _)).
for_the_compiler(initialization(_)).
for_the_compiler(initialization(_, _)).
for_the_compiler(if(_)).
for_the_compiler(elif(_)).
for_the_compiler(else).
for_the_compiler(endif).
for_the_compiler(encoding(_)).

in_cell :-
    prolog_load_context(source, Source),
    sub_atom(Source, _, _, _, 'In[').

place(Place) :-
    prolog_load_context(source, Source),
    prolog_load_context(term_position, Position),
    stream_position_data(line_count, Position, Line),
    file_base_name(Source, Base),
    format(atom(Place), "~w:~d", [Base, Line]).

directive(Goal, Place) :-
    (   catch_with_backtrace(user:Goal, Error, true)
    ->  (   nonvar(Error)
        ->  failed(Error, Place)
        ;   true
        )
    ;   format(user_error, "Warning: ~w:\nWarning:    Goal (directive) failed~n", [Place])
    ).


                /*******************************
                *           QUERIES            *
                *******************************/

%!  query(+Goal, +Names, +Place) is det.
%
%   Show the solutions of a goal, up to the limit, as the toplevel writes them.

query(Goal, Names, Place) :-
    show_waiting(display),
    limit(Limit),
    catch_with_backtrace(
        findall_some(Limit, Text, solution(Goal, Names, Text), Texts, More),
        Error, true),
    (   nonvar(Error)
    ->  failed(Error, Place)
    ;   answers_text(Texts, More, Limit, Shown),
        asserta(result(Shown))
    ).

solution(Goal, Names, Text) :-
    expand_goal(user:Goal, Expanded),
    call(Expanded),
    bindings_text(Names, Text).

%!  findall_some(+Limit, ?Template, :Goal, -List, -More) is det.
%
%   The first solutions; More is true where there may be others. In the main thread and its
%   stacks, not in an engine: global variables live on from query to query.

findall_some(Limit, Template, Goal, List, More) :-
    State = found(0, []),
    (   call_cleanup(Goal, Last = true),
        (   Last == true
        ->  More = false
        ;   More = true
        ),
        arg(1, State, Count0),
        Count is Count0 + 1,
        nb_setarg(1, State, Count),
        arg(2, State, Before),
        nb_setarg(2, State, [Template|Before]),
        Count >= Limit
    ->  true
    ;   More = false
    ),
    arg(2, State, Reversed),
    reverse(Reversed, List).

answers_text([], _, _, "false.") :- !.
answers_text(Texts, More, Limit, Text) :-
    atomics_to_string_with(Texts, " ;\n", Joined),
    (   More == true
    ->  format(string(Text), "~w ;\n... (the first ~d; `:- solutions(N).` shows more)",
               [Joined, Limit])
    ;   format(string(Text), "~w.", [Joined])
    ).

atomics_to_string_with(Texts, Separator, Text) :-
    atomic_list_concat(Texts, Separator, Atom),
    atom_string(Atom, Text).

%!  bindings_text(+Names, -Text) is det.
%
%   `X = 1, Y = Z`, and the constraints that are left; `true` where there is nothing to say.

bindings_text(Names0, Text) :-
    exclude(anonymous, Names0, Names1),
    term_attvars(Names1, AttVars),
    (   AttVars == []
    ->  Names = Names1, Residual = []
    ;   copy_term(Names1, Names, Residual)
    ),
    name_variables(Names, Bound, Options),
    maplist(binding_text(Options), Bound, Texts),
    maplist(term_text(Options), Residual, Rest),
    append(Texts, Rest, All),
    (   All == []
    ->  Text = "true"
    ;   atomics_to_string_with(All, ",\n", Text)
    ).

anonymous(Name = _) :-
    sub_atom(Name, 0, 1, _, '_').

%   Of several names of one variable, the first names it; the others are equal to it.
name_variables(Names, Bound, VariableNames) :-
    name_variables(Names, [], Bound, VariableNames).

name_variables([], Known, [], Known).
name_variables([Name = Value|Rest], Known, Bound, VariableNames) :-
    (   var(Value),
        \+ ( member(_ = Other, Known), Other == Value )
    ->  name_variables(Rest, [Name = Value|Known], Bound, VariableNames)
    ;   Bound = [Name = Value|Others],
        name_variables(Rest, Known, Others, VariableNames)
    ).

binding_text(VariableNames, Name = Value, Text) :-
    term_text(VariableNames, Value, ValueText, 699),
    format(string(Text), "~w = ~w", [Name, ValueText]).

term_text(VariableNames, Term, Text) :-
    term_text(VariableNames, Term, Text, 999).

term_text(VariableNames, Term, Text, Priority) :-
    (   acyclic_term(Term)
    ->  Depth = 1000
    ;   Depth = 10
    ),
    with_output_to(string(Text),
                   write_term(Term, [ quoted(true), portray(true), numbervars(true),
                                      cycles(true), spacing(next_argument), max_depth(Depth),
                                      variable_names(VariableNames), priority(Priority) ])).


                /*******************************
                *            ERRORS            *
                *******************************/

failed(_, _) :-
    failure(_, _, _),
    !.
failed(kernel_runner(interrupted), _) :-
    !,
    assertz(failure("Interrupted", "The cell was interrupted.", "\u001b[31mInterrupted\u001b[0m")).
failed(Error0, Place) :-
    without_own_frames(Error0, Error),
    error_name(Error, Name),
    message_to_lines(Error, [Message|More]),
    format(string(First), "\u001b[31m~w\u001b[0m: ~w\n~w", [Name, Message, Place]),
    atomics_to_string_with([First|More], "\n", Traceback),
    assertz(failure(Name, Message, Traceback)).

error_name(error(Formal, _), Name) :-
    nonvar(Formal),
    !,
    functor(Formal, Name, _).
error_name(_, unhandled_exception).

message_to_lines(Error, Lines) :-
    message_to_codes_(Error, Text),
    split_string(Text, "\n", " ", All),
    exclude(==(""), All, Lines0),
    (   Lines0 == []
    ->  Lines = ["unknown"]
    ;   Lines = Lines0
    ).

message_to_codes_(Error, Text) :-
    '$messages':translate_message(Error, Lines, []),
    with_output_to(string(Text),
                   ( current_output(Out),
                     print_message_lines(Out, '', Lines) )).

%   The stack ends where the agent begins.
without_own_frames(error(Formal, context(prolog_stack(Frames), Message)), Error) :-
    !,
    cut_frames(Frames, Users),
    (   Users == []
    ->  Error = error(Formal, context(_, Message))
    ;   Error = error(Formal, context(prolog_stack(Users), Message))
    ).
without_own_frames(Error, Error).

cut_frames([], []).
cut_frames([Frame|_], []) :-
    own_frame(Frame),
    !.
cut_frames([Frame|Rest], [Frame|Users]) :-
    cut_frames(Rest, Users).

own_frame(frame(_, pred_line(Predicate, _), _)) :-
    (   string_concat("kernel_runner:", _, Predicate)
    ;   Predicate == "catch_with_backtrace/3"
    ),
    !.

%   What loading a cell prints: errors are the cell's failure, and stop it. That a later cell
%   replaces a predicate is what it is for.
user:message_hook(Message, Kind, Lines) :-
    evaluating(_),
    cell_message(Kind, Message, Lines).

cell_message(error, Message, Lines) :-
    in_cell,
    (   failure(_, _, _)
    ->  true
    ;   load_failure(Message, Lines)
    ).
cell_message(_, Message, _) :-
    singletons_of_query(Message).
cell_message(_, redefined_procedure(static, _), _).
cell_message(_, load_file(_), _).

%   A query's variables are there to be shown, a directive's to be tried.
singletons_of_query(compiler_warnings(Term, _)) :- query_term(Term).
singletons_of_query(singletons(Term, _)) :- query_term(Term).

query_term(?-(_)).
query_term((:- _)).

load_failure(Message, Lines) :-
    (   error_name(Message, Name0),
        Name0 \== unhandled_exception
    ->  Name = Name0
    ;   Name = error
    ),
    with_output_to(string(Text),
                   ( current_output(Out),
                     print_message_lines(Out, '', Lines) )),
    split_string(Text, "\n", "\n", Split),
    exclude(==(""), Split, Shown),
    (   Message = error(_, stream(_, Line, _, _))
    ->  true
    ;   Message = error(_, file(_, Line, _, _))
    ->  true
    ;   prolog_load_context(term_position, Position),
        stream_position_data(line_count, Position, Line)
    ),
    prolog_load_context(source, Source),
    file_base_name(Source, Base),
    last(Shown, Short),
    normalize_space(string(Sentence), Short),
    atomics_to_string_with(Shown, "\n", Rest),
    format(string(Traceback), "\u001b[31m~w\u001b[0m\n~w:~w\n~w", [Name, Base, Line, Rest]),
    assertz(failure(Name, Sentence, Traceback)).


                /*******************************
                *           DISPLAY            *
                *******************************/

%   A query's result is the cell's only where nothing follows it.
show_waiting(Kind) :-
    (   retract(result(Text)),
        evaluating(Id)
    ->  send('D', Id, [Kind, "", "", "text/plain", Text])
    ;   true
    ).

show(Kind, DisplayId, Mime, Data) :-
    show_waiting(display),
    evaluating(Id),
    (   Mime == 'text/plain'
    ->  Fields = []
    ;   format(string(Plain), "<~w>", [Mime]),
        Fields = ["text/plain", Plain]
    ),
    send('D', Id, [Kind, DisplayId, "", Mime, Data|Fields]).

%!  user:display(+Mime, +Data) is det.
%
%   Show text of a MIME type: display('text/html', "<b>bold</b>"). With an id it can be changed.

user:display(Mime, Data) :-
    kernel_runner:show(display, "", Mime, Data).
user:display(Mime, Data, DisplayId) :-
    kernel_runner:show(display, DisplayId, Mime, Data).
user:update_display(Mime, Data, DisplayId) :-
    kernel_runner:show(update, DisplayId, Mime, Data).
user:clear_output :-
    kernel_runner:evaluating(Id),
    kernel_runner:send('U', Id, [0]).

%!  user:solutions(+Limit) is det.
%
%   Set how many solutions a query shows.

user:solutions(Limit) :-
    must_be(positive_integer, Limit),
    retractall(kernel_runner:limit(_)),
    asserta(kernel_runner:limit(Limit)).

%!  user:print_table(:Goal) is det.
%
%   Show all solutions of a goal as a table of its variables.

user:print_table(Goal) :-
    kernel_runner:table(Goal).

table(Goal) :-
    term_variables(Goal, Variables),
    findall(Variables, user:Goal, Rows),
    maplist(table_row, Rows, Lines),
    atomic_list_concat(Lines, Body),
    format(string(Html), "<table>~w</table>", [Body]),
    show(display, "", 'text/html', Html).

table_row(Values, Row) :-
    maplist(table_cell, Values, Cells),
    atomic_list_concat(Cells, Joined),
    format(string(Row), "<tr>~w</tr>", [Joined]).

table_cell(Value, Cell) :-
    term_text([], Value, Text),
    xml_quote(Text, Quoted),
    format(string(Cell), "<td>~w</td>", [Quoted]).

xml_quote(Text, Quoted) :-
    string_chars(Text, Chars),
    maplist(xml_char, Chars, Parts),
    atomic_list_concat(Parts, Quoted).

xml_char('<', '&lt;') :- !.
xml_char('>', '&gt;') :- !.
xml_char('&', '&amp;') :- !.
xml_char(Char, Char).


                /*******************************
                *          ASSISTANCE          *
                *******************************/

word_before(Text, Word) :-
    string_codes(Text, Codes),
    reverse(Codes, Backwards),
    word_codes(Backwards, Reversed),
    reverse(Reversed, WordCodes),
    string_codes(Word, WordCodes).

word_after(Text, Word) :-
    string_codes(Text, Codes),
    word_codes(Codes, WordCodes),
    string_codes(Word, WordCodes).

word_codes([Code|Rest], [Code|More]) :-
    code_type(Code, csym),
    !,
    word_codes(Rest, More).
word_codes(_, []).

completions("", []) :- !.
completions(Prefix, Matches) :-
    findall(Name,
            (   known_name(Name),
                sub_atom(Name, 0, _, _, Prefix),
                \+ sub_atom(Name, 0, _, _, $)
            ),
            Names),
    sort(Names, Sorted),
    length(Sorted, Count),
    (   Count > 200
    ->  length(Matches, 200),
        append(Matches, _, Sorted)
    ;   Matches = Sorted
    ).

known_name(Name) :- current_predicate(user:Name/_).
known_name(Name) :- predicate_property(system:Head, visible), functor(Head, Name, _).
known_name(Name) :- '$autoload':library_index(Head, _, _), functor(Head, Name, _).
known_name(Name) :- current_flag(Name).

description(NameString, Detail, Text) :-
    atom_string(Name, NameString),
    findall(Part, predicate_description(Name, Detail, Part), Parts),
    Parts \== [],
    atomics_to_string_with(Parts, "\n", Text).

predicate_description(Name, Detail, Text) :-
    (   current_predicate(Name, user:Head)
    ;   predicate_property(system:Head, visible), functor(Head, Name, _)
    ;   '$autoload':library_index(Head, _, _), functor(Head, Name, _)
    ),
    functor(Head, Name, Arity),
    findall(Property,
            ( member(Property, [dynamic, built_in, number_of_clauses(_), file(_), line_count(_)]),
              catch(predicate_property(user:Head, Property), _, fail) ),
            Properties),
    format(string(First), "~q/~d  ~q", [Name, Arity, Properties]),
    (   Detail == "1",
        \+ memberchk(built_in, Properties)
    ->  with_output_to(string(Listing), listing(user:Name/Arity)),
        format(string(Text), "~w\n~w", [First, Listing])
    ;   Text = First
    ).

%!  completeness(+Code, -Status) is det.
%
%   A cell is complete when its last term has its full stop.

completeness(Code, Status) :-
    setup_call_cleanup(
        open_string(Code, Stream),
        catch(read_all(Stream), Error, true),
        close(Stream)),
    (   var(Error)
    ->  Status = complete
    ;   Error = error(syntax_error(What), _),
        unfinished(What)
    ->  Status = incomplete
    ;   Status = invalid
    ).

read_all(Stream) :-
    repeat,
    read_term(Stream, Term, [module(user), syntax_errors(error)]),
    Term == end_of_file,
    !.

unfinished(What) :-                     % end_of_file, end_of_file_in_quoted(Quote)
    functor(What, Name, _),
    sub_atom(Name, 0, _, _, end_of_file).
