package kernelrunner;

import java.io.File;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jdk.jshell.DeclarationSnippet;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.ExpressionSnippet;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.Snippet.Status;
import jdk.jshell.Snippet.SubKind;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.UnresolvedReferenceException;
import jdk.jshell.VarSnippet;

/** JShell, and what it lacks: cells of several snippets, with positions in their own lines. */
final class Session implements Evaluator {
    /** What jshell imports by default. */
    private static final List<String> PACKAGES = List.of(
            "java.io", "java.math", "java.net", "java.nio.file", "java.util", "java.util.concurrent",
            "java.util.function", "java.util.prefs", "java.util.regex", "java.util.stream");

    /** So many values keep their names, $1 and so on. Each name makes each compilation slower. */
    private static final int NAMED_VALUES = 50;

    /** How javac's messages about the limits of class files begin. */
    private static final String LIMIT = "compiler.err.limit.";

    private static final Pattern BLANK = Pattern.compile("\\s+|//[^\n]*|/\\*(?s:.*?)\\*/");

    private final Control control = new Control();
    private final JShell shell;
    private final SourceCodeAnalysis analysis;
    private final Assist assist;

    /** Where the snippets are, by their id. */
    private final Map<String, Place> places = new HashMap<>();

    private final Deque<Snippet> namedValues = new ArrayDeque<>();
    private volatile boolean stopped;

    /** A line of a cell, from 1. */
    private record Place(String cell, int line) {}

    /** A snippet's text and where it begins. */
    private record Piece(String source, int offset, Completeness completeness) {}

    Session() {
        shell = JShell.builder().executionEngine(control.provider(), Map.of()).build();
        analysis = shell.sourceCodeAnalysis();
        assist = new Assist(shell);
        for (var entry : classPath()) {
            shell.addToClasspath(entry);
        }
    }

    private static String[] classPath() {
        return System.getProperty("java.class.path").split(File.pathSeparator);
    }

    @Override
    public String version() {
        return System.getProperty("java.version");
    }

    @Override
    public void addToClasspath(String path) {
        shell.addToClasspath(path);
    }

    @Override
    public Object[] answer(Frames.Frame request) {
        return assist.answer(request);
    }

    /** Makes the imports that jshell has, and the compiler warm, while nobody waits for it. */
    @Override
    public void prepare() {
        PACKAGES.forEach(name -> shell.eval("import " + name + ".*;"));
        shell.eval("import static kernelrunner.Display.*;");
        shell.eval("0").forEach(event -> shell.drop(event.snippet()));
    }

    @Override
    public void begin() {
        stopped = false;
        control.setStopped(false);
    }

    @Override
    public void stop() {
        stopped = true;
        control.setStopped(true);
        shell.stop();
    }

    @Override
    public void evaluate(Frames.Frame request) throws Failure {
        var code = Magics.apply(request.text(0));
        var cell = "In[" + request.text(1) + "]";
        var options = request.text(4);
        var pieces = split(code, cell);
        SnippetEvent last = null;
        for (var piece : pieces) {
            remember(last);
            last = evaluate(piece, code, cell);
        }
        if (last == null) {
            return;
        }
        var isQuiet = options.contains("\"silent\": true");
        if (isValue(last.snippet()) && last.value() != null && !isQuiet) {
            Display.result(control.value(), last.value());
        }
        if (options.contains("\"expression\": true")) {
            shell.drop(last.snippet());
        } else {
            remember(last);
        }
    }

    /** The cell's snippets. Nothing runs of a cell with a syntax error. */
    private List<Piece> split(String code, String cell) throws Failure {
        var pieces = new ArrayList<Piece>();
        var rest = code;
        while (!rest.isBlank()) {
            var info = analysis.analyzeCompletion(rest);
            var completeness = info.completeness();
            if (completeness == Completeness.EMPTY) {
                break;
            }
            var source = info.source() == null ? rest : info.source();
            var blank = blank(source);
            var piece = new Piece(source.substring(blank), code.length() - rest.length() + blank, completeness);
            if (!completeness.isComplete() && completeness != Completeness.CONSIDERED_INCOMPLETE) {
                refuse(piece, code, cell);
            }
            pieces.add(piece);
            rest = info.source() == null ? "" : info.remaining();
        }
        for (var piece : pieces) {
            if (pieces.size() > 1 && !Syntax.isSound(piece.source())) { // the search for its end sees little
                refuse(piece, code, cell);
            }
        }
        return pieces;
    }

    /** How much white space and comments stand before a snippet: JShell counts lines from behind them. */
    private static int blank(String source) {
        var matcher = BLANK.matcher(source);
        while (matcher.lookingAt()) {
            matcher.region(matcher.end(), source.length());
        }
        return matcher.regionStart();
    }

    /** A syntax error. JShell says what is wrong where it is asked to evaluate it. */
    private void refuse(Piece piece, String code, String cell) throws Failure {
        for (var event : shell.eval(piece.source())) {
            if (event.status() == Status.REJECTED) {
                throw compilationError(event.snippet(), piece, code, cell);
            }
            shell.drop(event.snippet()); // it was none, which JShell only knew now
        }
        if (piece.completeness() == Completeness.DEFINITELY_INCOMPLETE) {
            throw error(List.of(describe("reached end of cell", code, cell, code.stripTrailing().length())));
        }
    }

    private SnippetEvent evaluate(Piece piece, String code, String cell) throws Failure {
        SnippetEvent last = null;
        for (var event : shell.eval(piece.source())) {
            var snippet = event.snippet();
            if (event.causeSnippet() != null) {
                continue; // it was updated, since what it needs is there now
            }
            places.put(snippet.id(), new Place(cell, lineAt(code, start(snippet, piece, code))));
            if (stopped) {
                throw Failure.interrupted(); // JShell takes this for a success
            }
            if (event.status() == Status.REJECTED) {
                throw compilationError(snippet, piece, code, cell);
            }
            if (isBeyondLimit(event)) {
                var failure = compilationError(snippet, piece, code, cell);
                shell.drop(snippet);
                // The compiler keeps what it could not write, and cannot write any more. A change of
                // the class path makes JShell take another one.
                shell.addToClasspath(classPath()[0]);
                throw failure;
            }
            if (event.exception() != null) {
                throw uncaught(event.exception());
            }
            warn(snippet, event.status());
            last = event;
        }
        if (stopped) {
            throw Failure.interrupted();
        }
        return last;
    }

    /** Whether a class file cannot hold it, as a string of a megabyte: JShell calls that recoverable. */
    private boolean isBeyondLimit(SnippetEvent event) {
        return event.status() != Status.VALID
                && shell.diagnostics(event.snippet()).anyMatch(each -> each.getCode().startsWith(LIMIT));
    }

    /** Where a snippet begins in the cell: `int a, b;` is two. */
    private static int start(Snippet snippet, Piece piece, String code) {
        var found = code.indexOf(snippet.source().strip().replaceFirst(";$", ""), piece.offset());
        return found < 0 ? piece.offset() : found;
    }

    private static int lineAt(String code, int offset) {
        return 1 + (int) code.substring(0, Math.min(offset, code.length())).chars().filter(c -> c == '\n').count();
    }

    /** Whether jshell would show it as a value, and not as a variable that was set. */
    private static boolean isValue(Snippet snippet) {
        return snippet.subKind() == SubKind.TEMP_VAR_EXPRESSION_SUBKIND
                || snippet instanceof ExpressionSnippet && snippet.subKind() != SubKind.ASSIGNMENT_SUBKIND;
    }

    /** Values of the last cells keep their names, older ones lose them. */
    private void remember(SnippetEvent event) {
        if (event == null || event.snippet().subKind() != SubKind.TEMP_VAR_EXPRESSION_SUBKIND) {
            return;
        }
        namedValues.addLast(event.snippet());
        if (namedValues.size() > NAMED_VALUES) {
            shell.drop(namedValues.removeFirst());
        }
    }

    /** JShell accepts a declaration that needs what is not there yet; the person should know. */
    private void warn(Snippet snippet, Status status) {
        if (snippet instanceof DeclarationSnippet declaration && !status.equals(Status.VALID)) {
            var missing = shell.unresolvedDependencies(declaration).collect(Collectors.joining(", "));
            if (!missing.isEmpty()) {
                var verb = snippet instanceof VarSnippet ? "used" : status.isDefined() ? "invoked" : "used";
                System.err.printf("%s cannot be %s until %s is declared%n", declaration.name(), verb, missing);
            }
        }
    }

    private Failure compilationError(Snippet snippet, Piece piece, String code, String cell) {
        var start = start(snippet, piece, code);
        var errors = shell.diagnostics(snippet)
                .filter(Diag::isError)
                .map(diag -> describe(diag.getMessage(Locale.ROOT), code, cell, start + (int) diag.getPosition()))
                .toList();
        return error(errors);
    }

    private static Failure error(List<String> errors) {
        var text = String.join("\n", errors);
        var message = text.lines().findFirst().orElse("").replaceFirst("^In\\[\\d+\\]:\\d+: error: ", "");
        return new Failure("CompilationError", message, text);
    }

    /** As javac does, with the line and a caret below. */
    private static String describe(String message, String code, String cell, int offset) {
        var at = Math.min(Math.max(offset, 0), code.length());
        var from = code.lastIndexOf('\n', at - 1) + 1;
        var end = code.indexOf('\n', at);
        var line = code.substring(from, end < 0 ? code.length() : end);
        if (line.length() > 300) {
            line = line.substring(0, 300) + "...";
        }
        var caret = code.substring(from, Math.min(at, from + line.length())).replaceAll("[^\t]", " ") + "^";
        return String.format("%s:%d: error: %s%n%s%n%s", cell, lineAt(code, at), message.strip(), line, caret);
    }

    private Failure uncaught(JShellException thrown) {
        if (thrown instanceof UnresolvedReferenceException unresolved) {
            var snippet = unresolved.getSnippet();
            var missing = shell.unresolvedDependencies(snippet).collect(Collectors.joining(", "));
            var message = String.format("%s cannot be invoked until %s is declared", snippet.name(), missing);
            return new Failure("UnresolvedReferenceException", message, trace("", thrown, message));
        }
        var name = nameOf(thrown);
        return new Failure(name, String.valueOf(thrown.getMessage()), trace("", thrown, thrown.getMessage()));
    }

    private static String nameOf(Throwable thrown) {
        var name = thrown instanceof EvalException uncaught ? uncaught.getExceptionClassName() : thrown.getClass().getName();
        return name.replaceFirst("^REPL\\.\\$JShell\\$\\w+\\$", "");
    }

    /** As Throwable.printStackTrace does, down to the cell. */
    private String trace(String prefix, Throwable thrown, String message) {
        var text = new StringBuilder(prefix).append(nameOf(thrown));
        if (message != null) {
            text.append(": ").append(message);
        }
        for (var frame : thrown.getStackTrace()) {
            if (frame.getClassName().startsWith("kernelrunner.Control")) {
                break;
            }
            text.append("\n    at ").append(describe(frame));
        }
        var cause = thrown.getCause();
        return cause == null ? text.toString() : text + "\n" + trace("Caused by: ", cause, cause.getMessage());
    }

    private String describe(StackTraceElement frame) {
        var file = frame.getFileName();
        var place = file != null && file.startsWith("#") ? places.get(file.substring(1)) : null;
        if (place == null) {
            return frame.toString();
        }
        var position = place.cell() + ":" + (place.line() + frame.getLineNumber() - 1);
        var method = frame.getMethodName();
        if (method.isEmpty() || method.startsWith("do_it$")) {
            return position; // at the top of the cell
        }
        var owner = frame.getClassName().isEmpty() ? "" : frame.getClassName() + ".";
        return owner + method + "(" + position + ")";
    }
}
