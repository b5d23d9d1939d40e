package kernelrunner;

import clojure.lang.Compiler;
import clojure.lang.Compiler.CompilerException;
import clojure.lang.DynamicClassLoader;
import clojure.lang.Keyword;
import clojure.lang.LineNumberingPushbackReader;
import clojure.lang.LispReader;
import clojure.lang.Namespace;
import clojure.lang.PersistentHashMap;
import clojure.lang.RT;
import clojure.lang.Symbol;
import clojure.lang.Var;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.Writer;
import java.net.MalformedURLException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Clojure: cells are read and evaluated form by form, as its REPL would. */
final class ClojureEvaluator extends ThreadEvaluator {
    /** What a REPL binds, so that cells can set! it; it lives on from cell to cell. */
    private static final String[] KEPT = {
        "*ns*", "*warn-on-reflection*", "*math-context*", "*print-meta*", "*print-length*", "*print-level*",
        "*print-namespace-maps*", "*data-readers*", "*default-data-reader-fn*", "*compile-path*",
        "*unchecked-math*", "*assert*", "*1", "*2", "*3", "*e"
    };

    private static final int PRINTED = 1000; // of a sequence, which may have no end

    private static final Keyword LINE = Keyword.intern("line");
    private static final Object END = new Object();
    private static final Pattern EVAL = Pattern.compile("\\$eval\\d+$"); // a form at the top of a cell

    private final DynamicClassLoader loader = new DynamicClassLoader(ClojureEvaluator.class.getClassLoader());
    private final Map<Var, Object> kept = new HashMap<>();
    private String text = "";

    ClojureEvaluator() {
        for (var name : KEPT) {
            kept.put(core(name), core(name).getRawRoot());
        }
        kept.put(core("*print-length*"), PRINTED);
        kept.put(core("*print-namespace-maps*"), true);
    }

    private static Var core(String name) {
        return RT.var("clojure.core", name);
    }

    @Override
    public String version() {
        return (String) core("clojure-version").invoke();
    }

    @Override
    public void prepare() {
        core("load").invoke("/jupyter");
        kept.put(core("*ns*"), Namespace.findOrCreate(Symbol.intern("user")));
    }

    @Override
    public void addToClasspath(String path) {
        try {
            loader.addURL(new File(path).toURI().toURL());
        } catch (MalformedURLException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Override
    Object run(String code, String count, boolean isExpression) {
        var file = "In" + count + ".clj";
        Thread.currentThread().setContextClassLoader(loader);
        var bindings = new HashMap<Object, Object>(kept);
        bindings.put(RT.OUT, live(() -> System.out));
        bindings.put(RT.ERR, new PrintWriter(live(() -> System.err), true));
        bindings.put(RT.IN, new LineNumberingPushbackReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
        bindings.put(Compiler.LOADER, loader);
        bindings.put(Compiler.SOURCE, file);
        bindings.put(Compiler.SOURCE_PATH, file);
        bindings.put(Compiler.LINE, 1);
        bindings.put(Compiler.COLUMN, 1);
        Var.pushThreadBindings(PersistentHashMap.create(bindings));
        try {
            refuseUnbalanced(code, file);
            var value = evaluate(code, file);
            if (!isExpression) {
                core("*3").set(core("*2").deref());
                core("*2").set(core("*1").deref());
                core("*1").set(value);
            }
            text = value == null ? "" : (String) core("pr-str").invoke(value); // with the cell's own *print-length*
            return value == null ? NOTHING : value;
        } catch (Throwable thrown) {
            core("*e").set(thrown);
            throw thrown;
        } finally {
            if (!isExpression) {
                kept.replaceAll((variable, old) -> variable.deref());
            }
            Var.popThreadBindings();
        }
    }

    /** As Compiler.load does, which would give the cell a *ns* of its own. */
    private static Object evaluate(String code, String file) {
        var reader = new LineNumberingPushbackReader(new StringReader(code));
        Object value = null;
        for (var form = read(reader, code, file); form != END; form = read(reader, code, file)) {
            try {
                value = Compiler.eval(form, false);
            } catch (CompilerException refused) {
                throw refused;
            } catch (Throwable thrown) {
                var line = (Integer) Compiler.LINE.deref();
                throw new CompilerException(file, line, 1, null, CompilerException.PHASE_EXECUTION, thrown);
            }
        }
        return value;
    }

    /** The next form, whose line is the compiler's from here on; END behind the last one. */
    private static Object read(LineNumberingPushbackReader reader, String code, String file) {
        try {
            var form = LispReader.read(reader, false, END, false);
            var line = RT.get(RT.meta(form), LINE, reader.getLineNumber());
            Compiler.LINE.set(((Number) line).intValue());
            return form;
        } catch (LispReader.ReaderException refused) {
            var line = Math.min(reader.getLineNumber(), (int) code.lines().count()); // its end is one further
            var phase = CompilerException.PHASE_READ;
            throw new CompilerException(file, line, reader.getColumnNumber(), null, phase, refused.getCause());
        }
    }

    /** Nothing runs of a cell that no end can make whole; what else is wrong is known when it comes to that. */
    private static void refuseUnbalanced(String code, String file) {
        var reader = new LineNumberingPushbackReader(new StringReader(code));
        Var.pushThreadBindings(RT.map(RT.READEVAL, false));
        try {
            while (read(reader, code, file) != END) {}
        } catch (CompilerException refused) {
            var message = String.valueOf(refused.getCause().getMessage());
            if (message.startsWith("EOF while reading") || message.startsWith("Unmatched delimiter")) {
                throw refused;
            }
        } finally {
            Var.popThreadBindings();
        }
    }

    @Override
    String textOf(Object value) {
        return text;
    }

    @Override
    boolean isShown(StackTraceElement frame) {
        var name = frame.getClassName();
        var isTwin = frame.getMethodName().equals("invoke") && !name.contains("$fn__"); // of invokeStatic
        return isOfCell(frame) && !isTwin && !EVAL.matcher(name).find();
    }

    @Override
    String textOf(StackTraceElement frame) {
        return String.format("%s(%s:%d)", Compiler.demunge(frame.getClassName()), frame.getFileName(), frame.getLineNumber());
    }

    @Override
    Failure failure(Throwable thrown) {
        if (!(thrown instanceof CompilerException refused)) {
            return super.failure(thrown);
        }
        if (CompilerException.PHASE_EXECUTION.equals(refused.getData().valAt(CompilerException.ERR_PHASE))) {
            var cause = thrown.getCause();
            var place = renamed("\n    at " + refused.source + ":" + refused.line);
            return new Failure(nameOf(cause), String.valueOf(cause.getMessage()), trace(cause) + place);
        }
        core("require").invoke(Symbol.intern("clojure.main"));
        var data = core("Throwable->map").invoke(thrown);
        var triage = RT.var("clojure.main", "ex-triage").invoke(data);
        var text = renamed(((String) RT.var("clojure.main", "ex-str").invoke(triage)).strip());
        return new Failure("CompilerException", text.replaceFirst("(?s)^[^\n]*\n", ""), text);
    }

    /** A writer that keeps nothing, to what is System.out or System.err by then. */
    private static Writer live(Supplier<PrintStream> target) {
        var encoder = new OutputStreamWriter(new OutputStream() {
            @Override
            public void write(int octet) {
                target.get().write(octet);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                target.get().write(bytes, offset, length);
            }
        }, StandardCharsets.UTF_8);
        return new Writer() {
            @Override
            public void write(char[] text, int offset, int length) throws IOException {
                encoder.write(text, offset, length);
                encoder.flush();
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }
}
