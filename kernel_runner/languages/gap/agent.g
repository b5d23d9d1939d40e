# The GAP agent: evaluates the statements of a cell one after the other, until one of them fails.
# See kernel_runner/session/frames.py. Strings are bytes here, and so are the frames.

KERNEL_RUNNER := rec(
  requests := INPUT_TEXT_FILE("/dev/fd/3"),
  answers := CallFuncList(OUTPUT_TEXT_FILE, ["/dev/fd/4", true, false]{[1 .. NumberArgumentsFunction(OUTPUT_TEXT_FILE)]}),
  id := "0",
);

SetPrintFormattingStatus("*stdout*", false);  # text comes as it is, however long its lines are
BreakOnError := false;  # nobody could answer a break loop
Perform(["ERROR_OUTPUT", "last", "last2", "last3"], MakeReadWriteGlobal);

KERNEL_RUNNER.reply := function(type, id, fields)
  local header, field;
  if type in ["D", "U"] then
    Print("\033_kernel-runner\033\\");
  fi;
  Print("\003");  # GAP writes what it has kept back
  header := Concatenation(type, " ", id);
  for field in fields do
    Append(header, " ");
    Append(header, String(Length(field)));
  od;
  Append(header, "\n");
  # GAP's own function takes nothing but strings that are stored as such.
  WRITE_STRING_FILE_NC(KERNEL_RUNNER.answers,
    CopyToStringRep(Concatenation(header, Concatenation(fields))));
end;

KERNEL_RUNNER.read := function(length)
  local text, more;
  text := "";
  while Length(text) < length do
    more := READ_ALL_FILE(KERNEL_RUNNER.requests, length - Length(text));
    if more = fail then
      FORCE_QUIT_GAP(0);
    fi;
    Append(text, more);
  od;
  return text;
end;

KERNEL_RUNNER.shown := function(show, object)
  local text, stream;
  text := "";
  stream := OutputTextString(text, true);
  SetPrintFormattingStatus(stream, true);
  CALL_WITH_STREAM(stream, show, [object]);
  CloseStream(stream);
  return text;
end;

# Text without what stands before and after it, and without comments.
KERNEL_RUNNER.bare := function(text)
  local lines, line;
  lines := [];
  for line in SplitString(text, "\n") do
    if PositionSublist(line, "\"") = fail and '#' in line then
      line := line{[1 .. Position(line, '#') - 1]};
    fi;
    Add(lines, line);
  od;
  return NormalizedWhitespace(JoinStringsWithSeparator(lines, " "));
end;

KERNEL_RUNNER.ends := function(text, ending)
  return Length(text) >= Length(ending)
     and text{[Length(text) - Length(ending) + 1 .. Length(text)]} = ending;
end;

# The line of the statement behind a position, and behind what is nothing but space and comments.
KERNEL_RUNNER.line := function(code, position)
  while position < Length(code) and code[position + 1] in " \t\r\n#" do
    position := position + 1;
    if code[position] = '#' then
      position := Position(code, '\n', position);
    fi;
  od;
  return 1 + Number(code{[1 .. position]}, letter -> letter = '\n');
end;

# What a statement has told of its failure, and what of it was only a warning.
KERNEL_RUNNER.sorted := function(told)
  local result, kind, line;
  result := rec(error := "", warning := "");
  kind := "error";
  for line in SplitString(told, "\n") do
    if StartsWith(line, "Syntax warning") then
      kind := "warning";
    elif StartsWith(line, "Error, ") or StartsWith(line, "Syntax error") then
      kind := "error";
    fi;
    if line <> "" or result.(kind) <> "" then
      Append(result.(kind), Concatenation(line, "\n"));
    fi;
  od;
  return result;
end;

# Names the cell, and the line in it, where GAP has only named the stream and a line behind `start`.
KERNEL_RUNNER.placed := function(told, cell, start)
  local at, stop;
  told := ReplacedString(told, "\\\n", "");
  told := ReplacedString(told, "\377", "");  # the end of the code, as GAP shows it
  at := PositionSublist(told, " in stream:");
  if at = fail then
    return told;
  fi;
  stop := at + 11;
  while stop <= Length(told) and IsDigitChar(told[stop]) do
    stop := stop + 1;
  od;
  return Concatenation(told{[1 .. at]}, "in ", cell, ":",
    String(start + Int(told{[at + 11 .. stop - 1]}) - 1), told{[stop .. Length(told)]});
end;

KERNEL_RUNNER.fail := function(id, told, cell, line)
  local name, message, first;
  first := Position(told, '\n');
  message := told{[1 .. first - 1]};
  if PositionSublist(message, "user interrupt") <> fail then
    name := "Interrupted";
    message := "The cell was interrupted.";
  elif StartsWith(message, "Syntax error: ") then
    name := "SyntaxError";
    message := message{[15 .. Length(message)]};
  else
    name := "Error";
    if StartsWith(message, "Error, ") then
      message := message{[8 .. Length(message)]};
    fi;
    told := Concatenation(told, cell, ":", String(line), "\n");
  fi;
  KERNEL_RUNNER.reply("X", id, [name, message, Concatenation("\033[31m", Chomp(told), "\033[0m")]);
end;

KERNEL_RUNNER.remember := function(value)
  if IsBoundGlobal("last2") then
    last3 := ValueGlobal("last2");
  fi;
  if IsBoundGlobal("last") then
    last2 := ValueGlobal("last");
  fi;
  last := value;
end;

KERNEL_RUNNER.evaluate := function(id, code, count)
  local bare, cell, stream, start, told, result, value, statement, newline;
  KERNEL_RUNNER.id := id;
  KERNEL_RUNNER.reply("B", id, []);
  cell := Concatenation("In[", count, "]");
  bare := KERNEL_RUNNER.bare(code);
  if bare <> "" and not KERNEL_RUNNER.ends(bare, ";") then
    code := Concatenation(code, "\n;");
  fi;
  stream := InputTextString(code);
  value := fail;
  while stream![1] < Length(code) do
    start := stream![1];
    told := "";
    ERROR_OUTPUT := OutputTextString(told, true);
    result := READ_COMMAND_REAL(stream, false);
    ERROR_OUTPUT := "*errout*";
    statement := KERNEL_RUNNER.bare(code{[start + 1 .. stream![1]]});
    if statement in ["quit;", "QUIT;"] then
      QUIT_GAP(0);
    fi;
    newline := 1 + Number(code{[1 .. start]}, letter -> letter = '\n');
    told := KERNEL_RUNNER.sorted(KERNEL_RUNNER.placed(told, cell, newline));
    if told.warning <> "" then
      PrintTo("*errout*", told.warning);
    fi;
    if told.error <> "" then
      KERNEL_RUNNER.fail(id, told.error, cell, KERNEL_RUNNER.line(code, start));
      return;
    fi;
    if Length(result) > 1 then
      KERNEL_RUNNER.remember(result[2]);
      value := rec(object := result[2], silent := KERNEL_RUNNER.ends(statement, ";;"));
    elif statement <> "" and statement <> ";" then
      value := fail;
    fi;
  od;
  if value <> fail and not value.silent then
    KERNEL_RUNNER.reply("D", id, [
      "result", "", "", "text/plain", KERNEL_RUNNER.shown(ViewObj, value.object)]);
  fi;
  KERNEL_RUNNER.reply("K", id, []);
end;

# The name that ends at, or lies around, an offset; and where it begins.
KERNEL_RUNNER.name := function(code, offset, around)
  local start, stop, belongs;
  belongs := letter -> IsAlphaChar(letter) or IsDigitChar(letter) or letter in "_@";
  start := offset;
  while start > 0 and belongs(code[start]) do
    start := start - 1;
  od;
  stop := offset;
  while around and stop < Length(code) and belongs(code[stop + 1]) do
    stop := stop + 1;
  od;
  return rec(start := start, text := code{[start + 1 .. stop]});
end;

KERNEL_RUNNER.complete := function(id, code, offset)
  local name, found;
  name := KERNEL_RUNNER.name(code, offset, false);
  found := [];
  if name.text <> "" then
    found := Filtered(Concatenation(NamesGVars(), GAPInfo.Keywords), each ->
      StartsWith(each, name.text) and
      (each in GAPInfo.Keywords or IsBoundGlobal(each) and not StartsWith(each, "KERNEL_RUNNER")));
  fi;
  KERNEL_RUNNER.reply("C", id, Concatenation(
    [String(name.start), String(offset)], Set(found, each -> ShallowCopy(each))));
end;

KERNEL_RUNNER.inspect := function(id, code, offset)
  local name, object, show;
  name := KERNEL_RUNNER.name(code, offset, true).text;
  if name = "" or not IsBoundGlobal(name) then
    KERNEL_RUNNER.reply("I", id, []);
    return;
  fi;
  object := ValueGlobal(name);
  show := ViewObj;
  if IsFunction(object) and not IsOperation(object) then
    show := Display;
  fi;
  KERNEL_RUNNER.reply("I", id, ["text/plain",
    Concatenation(name, " = ", Chomp(KERNEL_RUNNER.shown(show, object)))]);
end;

# display(mime, data): show something richer than text, such as display("text/html", "<b>x</b>").
BindGlobal("display", function(mime, data)
  KERNEL_RUNNER.reply("D", KERNEL_RUNNER.id, ["display", "", "", mime, data]);
end);

KERNEL_RUNNER.serve := function()
  local header, fields, type, id;
  while true do
    header := READ_LINE_FILE(KERNEL_RUNNER.requests);
    if header = fail then
      FORCE_QUIT_GAP(0);
    fi;
    header := SplitString(header, " ", "\n");
    type := header[1];
    id := header[2];
    fields := List(header{[3 .. Length(header)]}, length -> KERNEL_RUNNER.read(Int(length)));
    if type = "E" then
      KERNEL_RUNNER.evaluate(id, fields[1], fields[2]);
    elif type = "C" then
      KERNEL_RUNNER.complete(id, fields[1], Int(fields[2]));
    elif type = "I" then
      KERNEL_RUNNER.inspect(id, fields[1], Int(fields[2]));
    elif type = "O" then  # no comms here: what is opened is closed
      KERNEL_RUNNER.reply("B", id, []);
      KERNEL_RUNNER.reply("L", id, [fields[1], "{}", "{}"]);
      KERNEL_RUNNER.reply("K", id, []);
    elif type in ["M", "L"] then
      KERNEL_RUNNER.reply("B", id, []);
      KERNEL_RUNNER.reply("K", id, []);
    elif type = "Q" then
      FORCE_QUIT_GAP(0);
    fi;
  od;
end;

KERNEL_RUNNER.reply("R", "0", [GAPInfo.Version]);
KERNEL_RUNNER.serve();
