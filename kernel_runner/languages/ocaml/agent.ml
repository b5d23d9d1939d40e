(* The OCaml agent: evaluates cells in this toplevel. See kernel_runner/session/frames.py.

   A thread of its own reads requests, so that completion and inspection are answered while a
   cell runs; the main thread evaluates, and only it ever sees SIGINT. Everything is in one
   module: a cell that redefines List or print_string does not touch what runs here. *)

module Kernel_runner_agent = struct
  type request = { kind : string; id : string; fields : string array }

  (* 1. Frames *)

  (* Out of the way of cells that close low descriptors, and never seen by children. *)
  let rec lift fd (number : int) =
    let copy = Unix.dup ~cloexec:true fd in
    let high = if number < 16 then lift copy (number + 1) else copy in
    if high != copy then Unix.close copy;
    high

  (* On Unix a descriptor is its number. *)
  let descriptor (number : int) : Unix.file_descr = Obj.magic number

  let take number =
    let low = descriptor number in
    let high = lift low 0 in
    Unix.close low;
    high

  let requests = Unix.in_channel_of_descr (take 3)
  let answers = Unix.out_channel_of_descr (take 4)
  let sending = Mutex.create ()

  let with_lock mutex work =
    Mutex.lock mutex;
    Fun.protect ~finally:(fun () -> Mutex.unlock mutex) work

  let send kind id fields =
    let sizes = List.map (fun field -> string_of_int (String.length field)) fields in
    with_lock sending (fun () ->
        output_string answers (String.concat " " (kind :: id :: sizes) ^ "\n");
        List.iter (output_string answers) fields;
        flush answers)

  let receive () =
    match String.split_on_char ' ' (input_line requests) with
    | kind :: id :: sizes ->
        let read size = really_input_string requests (int_of_string size) in
        { kind; id; fields = Array.of_list (List.map read sizes) }
    | _ -> raise End_of_file

  let field request index =
    if index < Array.length request.fields then request.fields.(index) else ""

  (* 2. The streams

     In bytecode a module is a block, and each use of a value looks into it: what is put there is
     what cells and libraries call from then on. *)

  module type STDLIB = module type of Stdlib
  module type UNIX = module type of Unix

  let flush_now = flush

  let replace modul old by =
    let old = Obj.repr old and block = Obj.repr modul in
    for index = 0 to Obj.size block - 1 do
      if Obj.field block index == old then Obj.set_field block index (Obj.repr by)
    done

  (* Each flush is a write to a terminal, which for many short lines would be most of a loop's
     time. Where there have been so many in one interval, the thread that flushes now and then
     sees to the rest. *)
  let flush_interval = 0.02
  let max_flushes = 100
  let flushes = ref 0

  let flush_stdout () =
    incr flushes;
    if !flushes <= max_flushes then flush_now stdout

  let flush_in_order channel =
    if channel == stdout then flush_stdout ()
    else (
      if channel == stderr then flush_now stdout;
      flush_now channel)

  let print_line text =
    print_string text;
    print_char '\n';
    flush_stdout ()

  let print_error_line text =
    prerr_string text;
    prerr_char '\n';
    flush_in_order stderr

  (* What has been printed stands there before something is read, or a program runs. *)
  let after_flush work argument =
    flush_now stdout;
    work argument

  let replace_in_stdlib old by = replace (module Stdlib : STDLIB) old by
  let replace_in_unix old = replace (module Unix : UNIX) old (after_flush old)

  let replace_input old =
    let by channel = if channel == stdin then after_flush old channel else old channel in
    replace_in_stdlib old by

  let take_over_streams () =
    replace_in_stdlib flush flush_in_order;
    replace_in_stdlib print_endline print_line;
    replace_in_stdlib print_newline (fun () -> print_line "");
    replace_in_stdlib prerr_endline print_error_line;
    replace_in_stdlib prerr_newline (fun () -> print_error_line "");
    replace_input input;
    replace_input input_char;
    replace_input input_line;
    replace_input really_input;
    replace_input really_input_string;
    replace_in_unix Unix.fork;
    replace_in_unix Unix.system;
    replace_in_unix Unix.create_process;
    replace_in_unix Unix.create_process_env;
    replace_in_unix Unix.open_process_in;
    replace_in_unix Unix.open_process_out;
    replace_in_unix Unix.open_process;
    replace_in_unix Unix.open_process_full

  (* 3. What a cell shows *)

  let current = ref "0"
  let mark = "\027_kernel-runner\027\\"

  let flush_streams () =
    (* A cell may have closed them. *)
    let quietly work = try work () with Sys_error _ -> () in
    quietly Format.print_flush;
    quietly (Format.pp_print_flush Format.err_formatter);
    quietly (fun () -> flush_now stdout);
    quietly (fun () -> flush_now stderr)

  let send_marked kind fields =
    flush_streams ();
    (try print_string mark with Sys_error _ -> ());
    flush_streams ();
    send kind !current fields

  let show kind ?(display_id = "") ?(metadata = "") bundle =
    let pairs = List.concat_map (fun (mime, data) -> [ mime; data ]) bundle in
    send_marked "D" (kind :: display_id :: metadata :: pairs)

  (* What a cell calls; the names are those of ocaml-jupyter's library jupyter.notebook. *)
  module Notebook = struct
    type display_id = string

    let last_id = ref 0

    let new_id () =
      incr last_id;
      Printf.sprintf "ocaml-%d-%d" (Unix.getpid ()) !last_id

    let is_text mime =
      let starts prefix = String.starts_with ~prefix mime in
      starts "text/" || starts "application/" || mime = "image/svg+xml"

    (* Consoles show text/plain: there is always some. *)
    let bundle_of mime data =
      if mime = "text/plain" then [ (mime, data) ]
      else if is_text mime then [ (mime, data); ("text/plain", data) ]
      else [ (mime, data); ("text/plain", Printf.sprintf "<%s>" mime) ]

    (** Shows [data] of a MIME type; raw, not base64. With [ctx], replaces what that call to
        [display] had shown. [metadata] is JSON. *)
    let display ?ctx ?base64 ?metadata mime data : display_id =
      ignore (base64 : bool option);
      let kind, id =
        match ctx with Some id -> ("update", id) | None -> ("display", new_id ())
      in
      show kind ~display_id:id ?metadata (bundle_of mime data);
      id

    (** Shows the contents of a file. *)
    let display_file ?ctx ?base64 ?metadata mime path =
      let file = open_in_bin path in
      let data =
        Fun.protect
          ~finally:(fun () -> close_in file)
          (fun () -> really_input_string file (in_channel_length file))
      in
      display ?ctx ?base64 ?metadata mime data

    (** Clears the cell's output; with [wait] only once there is something new. *)
    let clear_output ?(wait = false) () = send_marked "U" [ (if wait then "1" else "0") ]

    let buffer = Buffer.create 256
    let formatter = Format.formatter_of_buffer buffer

    (** Formats into a buffer, for [display_formatter]. *)
    let printf format = Format.fprintf formatter format

    (** Shows what [printf] has put together. *)
    let display_formatter ?ctx ?base64 ?metadata mime =
      Format.pp_print_flush formatter ();
      let data = Buffer.contents buffer in
      Buffer.clear buffer;
      display ?ctx ?base64 ?metadata mime data
  end

  (* 4. Texts *)

  let contains text part =
    let size = String.length part in
    let rec at index =
      index + size <= String.length text && (String.sub text index size = part || at (index + 1))
    in
    at 0

  let lines text = String.split_on_char '\n' (String.trim text)

  let after prefix text =
    let start = String.length prefix in
    String.sub text start (String.length text - start)

  (* What the compiler says after "Error: ", on one line. *)
  let rec compiler_message = function
    | [] -> "The cell has an error."
    | line :: rest when String.starts_with ~prefix:"Error: " line ->
        String.concat " " (after "Error: " line :: List.map String.trim rest)
    | [ line ] -> line
    | _ :: rest -> compiler_message rest

  let exception_name error =
    let name = Printexc.exn_slot_name error in
    match String.rindex_opt name '.' with
    | Some dot -> String.sub name (dot + 1) (String.length name - dot - 1)
    | None -> name

  let is_frame line =
    List.exists
      (fun prefix -> String.starts_with ~prefix line)
      [ "Raised "; "Re-raised "; "Called " ]

  (* A frame as often as it is repeated would be tens of thousands in a runaway recursion. *)
  let max_frames = 40

  let shortened frames =
    if List.length frames <= max_frames then frames
    else List.filteri (fun index _ -> index < max_frames) frames @ [ "..." ]

  (* A report whose backtrace ends with the phrase of the cell: what is below is the toplevel's
     and ours. The phrase's own frame has lost its position by then. *)
  let with_cell_frames report ~name ~line =
    let rec drop = function
      | line :: rest when is_frame line && not (contains line "\"In[") -> drop rest
      | kept -> List.rev kept
    in
    let called = Printf.sprintf "Called from file \"%s\", line %d" name line in
    String.concat "\n" (shortened (drop (List.rev (lines report))) @ [ called ])

  (* Cells are files in the kernel's run directory, and go by their names. *)
  let run_directory = Filename.concat Sys.argv.(1) ""

  let without_directory text =
    let size = String.length run_directory in
    let buffer = Buffer.create (String.length text) in
    let rec copy at =
      if at < String.length text then
        if text.[at] = '/' && String.starts_with ~prefix:run_directory (after_index text at) then
          copy (at + size)
        else (
          Buffer.add_char buffer text.[at];
          copy (at + 1))
    and after_index text at = String.sub text at (min size (String.length text - at)) in
    copy 0;
    Buffer.contents buffer

  (* 5. Evaluation

     The compiler's own modules are hidden from programs in the toplevel; Toploop and Topdirs are
     not. A cell is a file that #use reads, so that errors are reported as the toplevel does. *)

  type failure = { name : string; message : string; traceback : string }

  let said = Buffer.create 256  (* by the toplevel, of the phrase that runs *)
  let said_before = Buffer.create 256
  let ppf = Format.formatter_of_buffer said
  let raised : exn option ref = ref None
  let syntax_error = ref false
  let finished = ref false
  let running = ref false  (* a SIGINT is welcome *)
  let interrupted = ref false

  (* The compiler's tables are not made for two threads. While a cell runs, other requests wait
     until its phrase has been running for so long that it must be past the compiler. *)
  let compiler = Mutex.create ()
  let busy = ref false
  let phrase_began = ref 0.0
  let phrase_line = ref 1
  let compile_time = 0.1

  let begin_phrase line =
    phrase_line := line;
    Format.pp_print_flush ppf ();
    Buffer.add_buffer said_before said;
    Buffer.clear said;
    with_lock compiler (fun () ->
        busy := true;
        phrase_began := Unix.gettimeofday ())

  let phrase_of text = !Toploop.parse_toplevel_phrase (Lexing.from_string text)

  (* Names that top-level definitions have brought, for completion. *)
  let defined : (string, unit) Hashtbl.t = Hashtbl.create 64

  let remember_names (item : Outcometree.out_sig_item) =
    let add name = Hashtbl.replace defined name () in
    match item with
    | Osig_value { oval_name = name; _ } | Osig_module (name, _, _) | Osig_modtype (name, _) ->
        add name
    | Osig_class (_, name, _, _, _) | Osig_class_type (_, name, _, _, _) -> add name
    | Osig_typext ({ oext_name = name; _ }, _) -> add name
    | Osig_type ({ otype_name = name; _ }, _) -> add name
    | Osig_ellipsis -> ()

  (* The toplevel's printer, but for what is of no interest: unit values, and what identifies a
     display that was not given a name. *)
  let print_outcome print ppf (outcome : Outcometree.out_phrase) =
    match outcome with
    | Ophr_eval (_, Otyp_constr (Oide_ident { printed_name = "unit" }, [])) -> ()
    | Ophr_eval (_, Otyp_constr (Oide_dot (_, "display_id"), [])) -> ()
    | Ophr_signature items ->
        List.iter (fun (item, _) -> remember_names item) items;
        print ppf outcome
    | Ophr_exception (error, _) ->
        raised := Some error;
        print ppf outcome
    | Ophr_eval _ -> print ppf outcome

  let line_of (phrase : Parsetree.toplevel_phrase) =
    match phrase with
    | Ptop_def ({ pstr_loc = { loc_start; _ }; _ } :: _) -> loc_start.pos_lnum
    | Ptop_def [] -> 1
    | Ptop_dir { pdir_loc = { loc_start; _ }; _ } -> loc_start.pos_lnum

  exception Stop

  let execute phrase =
    begin_phrase (line_of phrase);
    if not (Toploop.execute_phrase true ppf phrase) then raise Stop

  (* Makes the next #use take its phrases for a cell's. They are run here, where #use would only
     have parsed them: it is silent in a script, but does report our errors. *)
  let read_next_as_cell () =
    let parse = !Toploop.parse_use_file in
    Toploop.parse_use_file :=
      fun lexbuf ->
        Toploop.parse_use_file := parse;
        let phrases =
          try parse lexbuf
          with error ->
            syntax_error := true;
            raise error
        in
        (try
           List.iter execute phrases;
           finished := true
         with Stop -> ());
        running := false;
        []

  let write_file path text =
    let file = open_out_bin path in
    output_string file text;
    close_out file

  let failure_of_report name report =
    let traceback = String.trim (without_directory report) in
    match !raised with
    | _ when !interrupted ->
        { name = "Interrupted"; message = "The cell was interrupted."; traceback = "Interrupted." }
    | Some error ->
        let message = without_directory (Printexc.to_string error) in
        let traceback = with_cell_frames traceback ~name ~line:!phrase_line in
        { name = exception_name error; message; traceback }
    | None ->
        let name = if !syntax_error then "SyntaxError" else "Error" in
        { name; message = compiler_message (lines traceback); traceback }

  (* Runs a cell: what the toplevel says of it, and how it failed. *)
  let run name code =
    let file = run_directory ^ name in
    write_file file code;
    Buffer.clear said;
    Buffer.clear said_before;
    raised := None;
    syntax_error := false;
    finished := false;
    interrupted := false;
    begin_phrase 1;
    read_next_as_cell ();
    running := true;
    (try Topdirs.dir_use ppf file with error -> raised := Some error);
    running := false;
    Sys.remove file;
    Format.pp_print_flush ppf ();
    let texts = if !finished then [ said_before; said ] else [ said_before ] in
    let failure = if !finished then None else Some (failure_of_report name (Buffer.contents said)) in
    let told = String.concat "" (List.map Buffer.contents texts) in
    (String.trim (without_directory told), failure)

  let flag name options = contains options (Printf.sprintf "\"%s\": true" name)

  let reopen path target =
    if path <> "" then (
      let fd = Unix.openfile path [ Unix.O_WRONLY; Unix.O_NOCTTY; Unix.O_CLOEXEC ] 0 in
      Unix.dup2 ~cloexec:false fd (descriptor target);
      (* Where the cell before had closed the target, it may be the target already. *)
      if fd <> descriptor target then Unix.close fd else Unix.clear_close_on_exec fd)

  let evaluate request =
    reopen (field request 2) 1;
    reopen (field request 3) 2;
    current := request.id;
    flush_streams ();
    send "B" request.id [];
    let said, failure = run (Printf.sprintf "In[%s]" (field request 1)) (field request 0) in
    busy := false;
    if said <> "" && not (flag "silent" (field request 4)) then
      show "result" [ ("text/plain", said) ];
    flush_streams ();
    match failure with
    | None -> send "K" request.id []
    | Some { name; message; traceback } -> send "X" request.id [ name; message; traceback ]

  (* No comms here: what is opened is closed. *)
  let answer_comm request =
    send "B" request.id [];
    if request.kind = "O" then send "L" request.id [ field request 0; "{}"; "{}" ];
    send "K" request.id []

  (* 6. Completion and inspection *)

  let is_name_char = function
    | 'a' .. 'z' | 'A' .. 'Z' | '0' .. '9' | '_' | '\'' | '.' | '\128' .. '\255' -> true
    | _ -> false

  let rec word_start code at =
    if at > 0 && is_name_char code.[at - 1] then word_start code (at - 1) else at

  let rec word_end code at =
    if at < String.length code && is_name_char code.[at] && code.[at] <> '.' then
      word_end code (at + 1)
    else at

  (* What the toplevel says to a #show, which is on stdout: not while that is a cell's. The empty
     string where it says an error. *)
  let ask_now directive =
    let buffer = Buffer.create 256 in
    let usual = Format.pp_get_formatter_out_functions Format.std_formatter () in
    let ours = Format.formatter_of_buffer buffer in
    let functions = Format.pp_get_formatter_out_functions ours () in
    Format.pp_set_formatter_out_functions Format.std_formatter functions;
    let succeeded =
      Fun.protect
        ~finally:(fun () ->
          Format.print_flush ();
          Format.pp_set_formatter_out_functions Format.std_formatter usual)
        (fun () -> Toploop.execute_phrase false Format.std_formatter (phrase_of (directive ^ ";;")))
    in
    let text = String.trim (Buffer.contents buffer) in
    if (not succeeded) || contains text "Unknown element" then "" else text

  let ask directive = if !busy then "" else ask_now directive

  let keywords_before_names =
    [ "val"; "external"; "module"; "type"; "exception"; "class"; "and"; "|"; "mutable"; "{" ]

  (* The name in a line of a signature, as #show_module prints it. *)
  let rec name_in = function
    | ("type" as keyword) :: word :: rest when word <> "" && (word.[0] = '\'' || word.[0] = '+') ->
        name_in (keyword :: rest)
    | "module" :: "type" :: rest -> name_in ("module" :: rest)
    | keyword :: word :: _ when List.mem keyword keywords_before_names ->
        let name = String.sub word 0 (word_end word 0) in
        if name = "" then [] else [ name ]
    | _ -> []

  let words line = List.filter (( <> ) "") (String.split_on_char ' ' line)

  let names_in_module =
    let known = Hashtbl.create 16 in
    fun path ->
      match Hashtbl.find_opt known path with
      | Some names -> names
      | None ->
          let signature = ask ("#show_module " ^ path) in
          let inner = match lines signature with _ :: rest -> rest | [] -> [] in
          let names = List.concat_map (fun line -> name_in (words line)) inner in
          (* A module of the cells' may be defined anew. *)
          let first = List.hd (String.split_on_char '.' path) in
          if names <> [] && not (Hashtbl.mem defined first) then Hashtbl.add known path names;
          names

  let directives =
    List.map (( ^ ) "#")
      [ "cd"; "directory"; "help"; "install_printer"; "labels"; "list"; "load"; "load_rec";
        "mod_use"; "ppx"; "principal"; "print_depth"; "print_length"; "quit"; "rectypes";
        "remove_directory"; "remove_printer"; "require"; "show"; "show_constructor";
        "show_exception"; "show_module"; "show_module_type"; "show_type"; "show_val"; "trace";
        "untrace"; "untrace_all"; "use"; "use_output"; "warn_error"; "warnings" ]
  [@@ocamlformat "disable"]

  let top_names () =
    let ours = Hashtbl.fold (fun name () names -> name :: names) defined [] in
    ("Jupyter_notebook" :: "Unix" :: "Thread" :: ours) @ names_in_module "Stdlib"

  let matches_of word =
    let path, prefix =
      match String.rindex_opt word '.' with
      | None -> ("", word)
      | Some dot -> (String.sub word 0 dot, after (String.sub word 0 (dot + 1)) word)
    in
    let names =
      if path <> "" then names_in_module path
      else if String.starts_with ~prefix:"#" word then directives
      else top_names ()
    in
    (prefix, List.sort_uniq compare (List.filter (String.starts_with ~prefix) names))

  let complete request =
    let code = field request 0 and offset = int_of_string (field request 1) in
    let start = word_start code offset in
    let start = if start > 0 && code.[start - 1] = '#' then start - 1 else start in
    let prefix, matches = matches_of (String.sub code start (offset - start)) in
    let replaced = offset - String.length prefix in
    send "C" request.id (string_of_int replaced :: string_of_int offset :: matches)

  let inspect request =
    let code = field request 0 and offset = int_of_string (field request 1) in
    let start = word_start code offset in
    let word = String.sub code start (word_end code offset - start) in
    let text = if word = "" then "" else ask ("#show " ^ word) in
    send "I" request.id (if text = "" then [] else [ "text/plain"; text ])

  (* Where the token that the parser refused is the end of the text, as it is in an open string
     or comment, more text may mend it. *)
  let completeness code =
    let lexbuf = Lexing.from_string (String.trim code) in
    match !Toploop.parse_use_file lexbuf with
    | _ -> ("complete", "")
    | exception _ when Lexing.lexeme lexbuf = "" -> ("incomplete", "  ")
    | exception _ -> ("invalid", "")

  let judge request =
    let status, indent = completeness (field request 0) in
    send "P" request.id [ status; indent ]

  let rec when_compiler_is_free work =
    let done_ =
      with_lock compiler (fun () ->
          let free = (not !busy) || Unix.gettimeofday () -. !phrase_began > compile_time in
          if free then work ();
          free)
    in
    if not done_ then (
      Thread.delay 0.02;
      when_compiler_is_free work)

  let assist request =
    let answer, empty =
      match request.kind with
      | "C" -> (complete, [ "0"; "0" ])
      | "I" -> (inspect, [])
      | _ -> (judge, [ "unknown"; "" ])
    in
    when_compiler_is_free (fun () ->
        try answer request with _ -> send request.kind request.id empty)

  (* 7. Directives *)

  let linked = [ "unix"; "threads"; "threads.posix"; "jupyter.notebook" ]

  (* Without findlib, #require still knows the libraries that come with OCaml. *)
  let require names =
    let execute text = ignore (Toploop.execute_phrase false ppf (phrase_of text)) in
    let load name =
      if not (List.mem name linked) then (
        execute (Printf.sprintf "#directory %S;;" ("+" ^ name));
        execute (Printf.sprintf "#load %S;;" (name ^ ".cma")))
    in
    List.iter load (String.split_on_char ',' names)

  let add_directives () =
    let about : Toploop.directive_info =
      { section = "Packages"; doc = "Loads a library that comes with OCaml." }
    in
    Toploop.add_directive "require" (Directive_string require) about

  (* 8. The threads *)

  let work : request Queue.t = Queue.create ()
  let work_lock = Mutex.create ()
  let work_came = Condition.create ()

  let read_requests () =
    ignore (Thread.sigmask Unix.SIG_BLOCK [ Sys.sigint ]);
    try
      while true do
        let request = receive () in
        match request.kind with
        | "C" | "I" | "P" -> assist request
        | "E" | "O" | "M" | "L" | "Q" ->
            with_lock work_lock (fun () ->
                Queue.add request work;
                Condition.signal work_came)
        | _ -> ()
      done
    with End_of_file | Sys_error _ ->
      flush_streams ();
      Unix._exit 0

  (* The channels' buffers would keep what a cell prints until its end. *)
  let flush_now_and_then () =
    ignore (Thread.sigmask Unix.SIG_BLOCK [ Sys.sigint ]);
    while true do
      Thread.delay flush_interval;
      flushes := 0;
      List.iter (fun stream -> try flush_now stream with Sys_error _ -> ()) [ stdout; stderr ]
    done

  let next () =
    with_lock work_lock (fun () ->
        while Queue.is_empty work do
          Condition.wait work_came work_lock
        done;
        Queue.pop work)

  let rec serve () =
    let request = next () in
    (match request.kind with
    | "E" -> evaluate request
    | "Q" -> exit 0
    | _ -> answer_comm request);
    serve ()

  let interrupt _ =
    if !running then (
      interrupted := true;
      raise Sys.Break)

  (* ~/.ocamlinit, as the toplevel itself would read it. *)
  let read_init () =
    let home = try Sys.getenv "HOME" with Not_found -> "" in
    let file = Filename.concat home ".ocamlinit" in
    if Sys.file_exists file then Topdirs.dir_use Format.err_formatter file

  let start () =
    Sys.interactive := true;
    (* It made the compiler keep positions (see the runner), and is not for others. *)
    Unix.putenv "OCAMLPARAM" Sys.argv.(2);
    Printexc.record_backtrace true;
    Toploop.print_out_phrase := print_outcome !Toploop.print_out_phrase;
    add_directives ();
    take_over_streams ();
    Sys.set_signal Sys.sigint (Sys.Signal_handle interrupt);
    read_init ();
    ignore (Thread.create read_requests ());
    ignore (Thread.create flush_now_and_then ());
    send "R" "0" [ Sys.ocaml_version ];
    serve ()
end

module Jupyter_notebook = Kernel_runner_agent.Notebook

(* Sys.command is no value that could be replaced in its module. *)
module Sys = struct
  include Sys

  let command = Kernel_runner_agent.after_flush command
end

let () = Kernel_runner_agent.start ()
