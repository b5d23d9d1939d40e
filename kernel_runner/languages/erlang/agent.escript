#!/usr/bin/env escript
%%! -noinput +Bi +fnu +pc unicode +sbwt none +sbwtdcpu none +sbwtdio none
%% The Erlang agent: evaluates cells as the shell would, each in a process of its own, which can be
%% killed without harm to what it has bound by then. See kernel_runner/session/frames.py.

-mode(compile).
-record(state, {port, buffer = <<>>, bindings = [], functions = [], cell = none}).

-define(CELLS, kernel_runner_cells).  % the module of the functions that cells define
-define(LIMIT, (1 bsl 30)).  % bytes of a cell's process: an endless recursion takes all there is

main(_) ->
    io:setopts(user, [{encoding, unicode}]),
    Port = open_port({fd, 3, 4}, [binary, stream, eof]),
    register(kernel_runner, self()),
    register(kernel_runner_io, spawn(fun() -> io_server(<<>>) end)),
    persistent_term:put(kernel_runner, Port),
    load_display(),
    code:ensure_loaded(c),
    send("R", "0", [erlang:system_info(otp_release)]),
    serve(#state{port = Port}).

send(Type, Id, Fields) ->
    Raw = [raw(Field) || Field <- Fields],
    Lengths = [[" ", integer_to_list(byte_size(Field))] || Field <- Raw],
    port_command(persistent_term:get(kernel_runner), [Type, " ", Id, Lengths, "\n", Raw]).

raw(Field) when is_binary(Field) -> Field;
raw(Field) -> unicode:characters_to_binary(Field).

%% -- requests ------------------------------------------------------------------------------------

serve(#state{port = Port, buffer = Buffer} = State) ->
    case next_frame(Buffer) of
        {Type, Id, Fields, Rest} ->
            serve(handle(Type, Id, Fields, State#state{buffer = Rest}));
        none ->
            receive
                {Port, {data, Data}} -> serve(State#state{buffer = <<Buffer/binary, Data/binary>>});
                {Port, eof} -> halt(0);
                Message -> serve(told(Message, State))
            end
    end.

next_frame(Buffer) ->
    maybe_frame(binary:split(Buffer, <<"\n">>)).

maybe_frame([Header, Rest]) ->
    [Type, Id | Lengths] = binary:split(Header, <<" ">>, [global]),
    take_fields([binary_to_integer(Length) || Length <- Lengths], Rest, Type, Id, []);
maybe_frame(_) ->
    none.

take_fields([], Rest, Type, Id, Fields) ->
    {Type, Id, lists:reverse(Fields), Rest};
take_fields([Length | Lengths], Rest, Type, Id, Fields) ->
    case Rest of
        <<Field:Length/binary, More/binary>> ->
            take_fields(Lengths, More, Type, Id, [binary:copy(Field) | Fields]);
        _ ->
            none
    end.

handle(<<"E">>, Id, [Code, Count | _], #state{bindings = Bindings, functions = Functions} = State) ->
    send("B", Id, []),
    persistent_term:put(kernel_runner_id, Id),
    Server = self(),
    Name = "In[" ++ binary_to_list(Count) ++ "]",
    {Pid, _} = spawn_monitor(fun() -> evaluate(Server, Code, Name, Bindings, Functions) end),
    State#state{cell = {Pid, Id}};
handle(<<"S">>, _, _, #state{cell = {Pid, _}} = State) ->
    put(interrupted, true),
    exit(Pid, kill),
    State;
handle(<<"C">>, Id, [Code, Offset | _], State) ->
    complete(Id, Code, binary_to_integer(Offset), State),
    State;
handle(<<"O">>, Id, [Comm | _], State) ->  % no comms here: what is opened is closed
    send("B", Id, []),
    send("L", Id, [Comm, "{}", "{}"]),
    send("K", Id, []),
    State;
handle(Type, Id, _, State) when Type =:= <<"M">>; Type =:= <<"L">> ->
    send("B", Id, []),
    send("K", Id, []),
    State;
handle(<<"Q">>, _, _, _) ->
    halt(0);
handle(_, _, _, State) ->
    State.

%% What the process of a cell has told.
told({bound, Pid, Bindings, Functions}, #state{cell = {Pid, _}} = State) ->
    State#state{bindings = Bindings, functions = Functions};
told({display, Mime, Data}, State) ->
    show(persistent_term:get(kernel_runner_id), "display", Mime, Data),
    State;
told({'DOWN', _, process, Pid, Reason}, #state{cell = {Pid, Id}} = State) ->
    io:put_chars(user, ""),  % what was written before has arrived then
    finish(Reason, Id),
    State#state{cell = none};
told(_, State) ->
    State.

finish({shutdown, Result}, Id) ->
    erase(interrupted),
    finished(Result, Id);
finish(killed, Id) ->
    case erase(interrupted) of
        true ->
            send("X", Id, ["Interrupted", "The cell was interrupted.", red("Interrupted")]);
        undefined ->
            Message = "The cell's process had more than 1 GiB, the most it may have.",
            send("X", Id, ["system_limit", Message, [red("system_limit"), ": ", Message]])
    end;
finish(Reason, Id) ->
    Text = io_lib:format("~tp", [Reason]),
    send("X", Id, ["exit", Text, [red("exit"), ": ", Text]]).

finished({value, Text}, Id) ->
    show(Id, "result", "text/plain", Text),
    send("K", Id, []);
finished(done, Id) ->
    send("K", Id, []);
finished({failed, Name, Message, Text}, Id) ->
    send("X", Id, [Name, Message, Text]).

show(Id, Kind, Mime, Data) ->
    io:put_chars(user, "\e_kernel-runner\e\\"),
    send("D", Id, [Kind, "", "", Mime, Data]).

red(Text) -> ["\e[31m", Text, "\e[0m"].

%% -- cells ---------------------------------------------------------------------------------------

evaluate(Server, Code, Name, Bindings, Functions) ->
    %% What is too deep or too large ends this process, and nothing else.
    group_leader(whereis(kernel_runner_io), self()),
    Words = ?LIMIT div erlang:system_info(wordsize),
    process_flag(max_heap_size, #{size => Words, kill => true, error_logger => false}),
    Text = unicode:characters_to_list(Code),
    case erl_scan:string(Text, {1, 1}) of
        {ok, Tokens, End} ->
            pieces(split(Tokens, End), Server, Name, Bindings, Functions, none);
        {error, {Place, Module, What}, _} ->
            fail_to_read(Name, Place, Module:format_error(What))
    end.

%% The tokens up to each dot; the last one may be left out.
split(Tokens, End) ->
    case lists:splitwith(fun(Token) -> element(1, Token) =/= dot end, Tokens) of
        {[], []} -> [];
        {[], [_ | Rest]} -> split(Rest, End);
        {Piece, []} -> [Piece ++ [{dot, End}]];
        {[{'-', _}, {atom, _, module} | _], _} -> [{module, all_with_dot(Tokens, End)}];
        {Piece, [Dot | Rest]} -> [Piece ++ [Dot] | split(Rest, End)]
    end.

all_with_dot(Tokens, End) ->
    case lists:last(Tokens) of
        {dot, _} -> Tokens;
        _ -> Tokens ++ [{dot, End}]
    end.

pieces([], _, _, _, _, none) ->
    exit({shutdown, done});
pieces([], _, Name, _, _, {value, Value, Line}) ->
    try io_lib:format("~tp", [Value]) of
        Text -> exit({shutdown, {value, unicode:characters_to_binary(Text)}})
    catch
        error:Reason:Stack -> fail(Name, Line, error, Reason, Stack)
    end;
pieces([{module, Tokens} | _], _, Name, _, _, _) ->
    define_module(Name, Tokens);
pieces([Piece | Rest], Server, Name, Bindings, Functions, _) ->
    Line = line(hd(Piece)),
    case {erl_parse:parse_exprs(Piece), erl_parse:parse_form(Piece)} of
        {{ok, Expressions}, _} ->
            {Value, New} = run(Expressions, Bindings, Name, Line),
            Server ! {bound, self(), New, Functions},
            pieces(Rest, Server, Name, New, Functions, {value, Value, Line});
        {_, {ok, {function, _, Function, Arity, _} = Form}} ->
            Known = lists:keystore({Function, Arity}, 1, Functions, {{Function, Arity}, Name, Form}),
            load_functions(Name, Known),
            Server ! {bound, self(), Bindings, Known},
            pieces(Rest, Server, Name, Bindings, Known, none);
        {_, {ok, {attribute, _, record, _}}} ->
            fail_to_read(Name, {Line, 1}, "records need a module: begin the cell with -module(name).");
        {{error, {Place, Module, What}}, _} ->
            fail_to_read(Name, Place, Module:format_error(What))
    end.

line(Token) ->
    {Line, _} = element(2, Token),
    Line.

run(Expressions, Bindings, Name, Line) ->
    try lists:foldl(fun one/2, {none, Bindings}, Expressions)
    catch
        Class:Reason:Stack -> fail(Name, Line, Class, Reason, Stack)
    end.

%% A variable alone on the left is bound anew: in a notebook a cell runs more than once.
one({match, _, {var, _, Variable}, Right}, {_, Bindings}) when Variable =/= '_' ->
    {value, Value, New} = erl_eval:expr(Right, Bindings, {eval, fun local/3}),
    {Value, erl_eval:add_binding(Variable, Value, New)};
one(Expression, {_, Bindings}) ->
    {value, Value, New} = erl_eval:expr(Expression, Bindings, {eval, fun local/3}),
    {Value, New}.

%% A function that is called without its module: the shell's own f, a cell's, or one of c.
local(Function, Arguments, Bindings) ->
    Arity = length(Arguments),
    Modules = [?CELLS, kernel_runner_display, c],
    case [Module || Module <- Modules, erlang:function_exported(Module, Function, Arity)] of
        [Module | _] ->
            {Values, New} = erl_eval:expr_list(Arguments, Bindings, {eval, fun local/3}),
            {value, apply(Module, Function, Values), New};
        [] ->
            of_the_shell(Function, Arguments, Bindings)
    end.

of_the_shell(f, [], _) ->
    {value, ok, erl_eval:new_bindings()};
of_the_shell(f, [{var, _, Variable}], Bindings) ->
    {value, ok, erl_eval:del_binding(Variable, Bindings)};
of_the_shell(Function, Arguments, _) ->
    erlang:error({shell_undef, Function, length(Arguments), []}).

%% -- definitions ---------------------------------------------------------------------------------

load_functions(Name, Functions) ->
    Forms = lists:append([[{attribute, {1, 1}, file, {Cell, 1}}, Form] || {_, Cell, Form} <- Functions]),
    Head = [{attribute, {1, 1}, module, ?CELLS}, {attribute, {1, 1}, compile, export_all},
            {attribute, {1, 1}, compile, nowarn_export_all}],
    load(Name, Head ++ Forms).

define_module(Name, Tokens) ->
    Forms = [{attribute, {1, 1}, file, {Name, 1}} | forms(Name, Tokens)],
    Module = load(Name, Forms),
    exit({shutdown, {value, io_lib:format("~tp", [{module, Module}])}}).

forms(_, []) ->
    [];
forms(Name, Tokens) ->
    {Piece, [Dot | Rest]} = lists:splitwith(fun(Token) -> element(1, Token) =/= dot end, Tokens),
    case erl_parse:parse_form(Piece ++ [Dot]) of
        {ok, Form} -> [Form | forms(Name, Rest)];
        {error, {Place, Module, What}} -> fail_to_read(Name, Place, Module:format_error(What))
    end.

load(Name, Forms) ->
    case compile:forms(Forms, [return]) of
        {ok, Module, Binary, Warnings} ->
            warn([Each || {File, _} = Each <- Warnings, File =:= Name]),  % earlier cells' are known
            code:purge(Module),
            {module, Module} = code:load_binary(Module, Name, Binary),
            Module;
        {error, Errors, _} ->
            [{_, [{Place, By, What} | _]} | _] = Errors,
            fail_to_read(Name, Place, By:format_error(What))
    end.

warn(Warnings) ->
    [io:format(standard_error, "~ts:~ts: Warning: ~ts~n", [File, place(Place), By:format_error(What)])
     || {File, Each} <- Warnings, {Place, By, What} <- Each].

load_display() ->
    Code = "-module(kernel_runner_display).\n-export([display/2]).\n"
        "display(Mime, Data) -> kernel_runner ! {display, Mime, Data}, ok.\n",
    {ok, Tokens, _} = erl_scan:string(Code, {1, 1}),
    load("display", forms("display", Tokens)).

%% -- input ---------------------------------------------------------------------------------------

%% Erlang's own server of stdin reads it whether anybody asks or not: this one is for cells, and
%% leaves only what they write to it.
io_server(Buffer) ->
    receive
        {io_request, From, As, Request} ->
            case wanted(Request) of
                {Prompt, Take} ->
                    io:put_chars(user, prompt(Prompt)),
                    {Reply, Rest} = read(From, Take, Buffer),
                    From ! {io_reply, As, Reply},
                    io_server(Rest);
                none ->
                    user ! {io_request, From, As, Request},
                    io_server(Buffer)
            end
    end.

wanted({get_line, Prompt}) -> {Prompt, fun take_line/1};
wanted({get_line, _, Prompt}) -> {Prompt, fun take_line/1};
wanted({get_chars, _, Prompt, Count}) -> {Prompt, fun(Text) -> take_chars(Text, Count) end};
wanted({get_until, _, Prompt, Module, Function, Arguments}) ->
    {Prompt, fun(Text) -> take_until(Text, Module, Function, Arguments) end};
wanted(_) -> none.

prompt({format, Format, Arguments}) -> io_lib:format(Format, Arguments);
prompt(Prompt) when is_atom(Prompt) -> atom_to_list(Prompt);
prompt(Prompt) -> Prompt.

%% What is taken from text that ends in the middle, or with eof: {done, Reply, Rest} or more.
take_line({Text, End}) ->
    case {string:split(Text, "\n"), End} of
        {[Line, Rest], _} -> {done, Line ++ "\n", Rest};
        {[[]], eof} -> {done, eof, []};
        {[Line], eof} -> {done, Line, []};
        _ -> more
    end.

take_chars({Text, _}, Count) when length(Text) >= Count ->
    {Taken, Rest} = lists:split(Count, Text),
    {done, Taken, Rest};
take_chars({[], eof}, _) -> {done, eof, []};
take_chars({Text, eof}, _) -> {done, Text, []};
take_chars(_, _) -> more.

take_until({Text, End}, Module, Function, Arguments) ->
    case {apply(Module, Function, [[], Text | Arguments]), End} of
        {{done, Result, eof}, _} -> {done, Result, []};
        {{done, Result, Rest}, _} -> {done, Result, Rest};
        {{more, More}, eof} ->
            {done, Result, _} = apply(Module, Function, [More, eof | Arguments]),
            {done, Result, []};
        _ -> more
    end.

read(From, Take, Buffer) ->
    Text = unicode:characters_to_list(Buffer),
    case is_list(Text) andalso Take({Text, more}) of
        {done, Reply, Rest} -> {Reply, unicode:characters_to_binary(Rest)};
        _ -> read_more(From, Take, Buffer)
    end.

%% Stdin is only open while somebody waits for it.
read_more(From, Take, Buffer) ->
    {ok, File} = file:open("/dev/tty", [read, raw, binary]),
    <<Fd:32/native>> = prim_file:get_handle(File),
    Port = open_port({fd, Fd, Fd}, [in, binary, stream, eof]),
    Monitor = monitor(process, From),
    Got = receive
        {Port, {data, Data}} -> {more, Data};
        {Port, eof} -> eof;
        {'DOWN', Monitor, process, From, _} -> gone
    end,
    demonitor(Monitor, [flush]),
    port_close(Port),
    file:close(File),
    case Got of
        {more, More} -> read(From, Take, <<Buffer/binary, More/binary>>);
        gone -> {eof, <<>>};
        eof ->
            {done, Reply, Rest} = Take({unicode:characters_to_list(Buffer), eof}),
            {Reply, unicode:characters_to_binary(Rest)}
    end.

%% -- failures ------------------------------------------------------------------------------------

fail(Name, Line, Class, Reason, Stack) ->
    Own = [Frame || {Module, _, _, _} = Frame <- Stack, not is_agents(Module)],
    Options = #{format_fun => fun(Term, _) -> io_lib:format("~tp", [Term]) end},
    Text = unicode:characters_to_list(erl_error:format_exception(Class, Reason, Own, Options)),
    Place = io_lib:format("~ts:~b", [Name, Line]),
    Message = hd(string:split(Text, "\n")),
    exit({shutdown, {failed, name_of(Class, Reason), Message, [red(Text), "\n", Place]}}).

is_agents(Module) ->
    lists:member(Module, [erl_eval, escript, init, lists])
        orelse lists:prefix("agent_escript__", atom_to_list(Module)).

name_of(error, Reason) when is_atom(Reason) -> atom_to_list(Reason);
name_of(error, {shell_undef, _, _, _}) -> "undef";
name_of(error, Reason) when is_tuple(Reason), is_atom(element(1, Reason)) ->
    atom_to_list(element(1, Reason));
name_of(Class, _) -> atom_to_list(Class).

fail_to_read(Name, Place, What) ->
    Message = lists:flatten(What),
    Text = [red("syntax error"), ": ", Message, "\n", Name, ":", place(Place)],
    exit({shutdown, {failed, "SyntaxError", Message, Text}}).

place({Line, Column}) -> io_lib:format("~b:~b", [Line, Column]);
place(Line) when is_integer(Line) -> integer_to_list(Line);
place(_) -> "1".

%% -- completion ----------------------------------------------------------------------------------

complete(Id, Code, Offset, #state{bindings = Bindings, functions = Functions}) ->
    <<Before:Offset/binary, _/binary>> = Code,
    {match, [{Start, _}]} = re:run(Before, "[\\w@:]*$"),
    Word = binary_to_list(binary:part(Before, Start, Offset - Start)),
    Names = case string:split(Word, ":") of
        [Module, _] -> exported(Module);
        _ -> [atom_to_list(Name) || {Name, _} <- erl_eval:bindings(Bindings)]
            ++ [atom_to_list(Name) || {{Name, _}, _, _} <- Functions]
            ++ [atom_to_list(Module) || {Module, _} <- code:all_loaded()]
    end,
    Found = lists:usort([Name || Name <- Names, Word =/= "", lists:prefix(Word, Name)]),
    send("C", Id, [integer_to_list(Start), integer_to_list(Offset) | Found]).

exported(Name) ->
    try
        Module = list_to_existing_atom(Name),
        [Name ++ ":" ++ atom_to_list(Function) || {Function, _} <- Module:module_info(exports)]
    catch
        _:_ -> []
    end.
