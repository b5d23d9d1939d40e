package kernelrunner;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.CoroutineContext;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlin.script.experimental.api.CompiledScript;
import kotlin.script.experimental.api.ReplDataKt;
import kotlin.script.experimental.api.ResultValue;
import kotlin.script.experimental.api.ResultWithDiagnostics;
import kotlin.script.experimental.api.ScriptCompilationConfiguration;
import kotlin.script.experimental.api.ScriptCompilationKt;
import kotlin.script.experimental.api.ScriptDiagnostic;
import kotlin.script.experimental.api.ScriptDiagnostic.Severity;
import kotlin.script.experimental.api.ScriptEvaluationConfiguration;
import kotlin.script.experimental.host.ScriptingHostConfiguration;
import kotlin.script.experimental.host.ScriptHostUtilKt;
import kotlin.script.experimental.jvm.JvmScriptCompilationKt;
import kotlin.script.experimental.jvm.JvmScriptEvaluationKt;
import kotlin.script.experimental.jvm.JvmScriptingHostConfigurationKt;
import kotlin.script.experimental.jvm.KJvmEvaluatedSnippet;
import kotlin.script.experimental.util.LinkedSnippet;
import org.jetbrains.kotlin.cli.common.messages.AnalyzerWithCompilerReport;
import org.jetbrains.kotlin.com.intellij.openapi.util.Disposer;
import org.jetbrains.kotlin.config.KotlinCompilerVersion;
import org.jetbrains.kotlin.fir.FirSourceModuleData;
import org.jetbrains.kotlin.psi.KtPsiFactory;
import org.jetbrains.kotlin.scripting.compiler.plugin.impl.K2ReplCompilationState;
import org.jetbrains.kotlin.scripting.compiler.plugin.impl.K2ReplCompiler;
import org.jetbrains.kotlin.scripting.compiler.plugin.impl.K2ReplEvaluator;
import org.jetbrains.kotlin.scripting.compiler.plugin.impl.ScriptDiagnosticsMessageCollector;
import org.jetbrains.kotlin.scripting.compiler.plugin.services.FirReplHistoryProviderImpl;
import org.jetbrains.kotlin.scripting.compiler.plugin.services.FirReplSnippetConfiguratorExtensionImplKt;
import org.jetbrains.kotlin.scripting.compiler.plugin.services.FirReplSnippetResolveExtensionImplKt;

/** Kotlin: cells are snippets of the compiler's REPL. */
final class KotlinEvaluator extends ThreadEvaluator {
    private static final Pattern WRAPPER = Pattern.compile("^In\\d+(?:_\\d+)?[.$]");

    private static final Continuation<Object> NOWHERE = new Continuation<>() {
        @Override
        public CoroutineContext getContext() {
            return EmptyCoroutineContext.INSTANCE;
        }

        @Override
        public void resumeWith(Object result) {
            throw new AssertionError("nothing has been suspended");
        }
    };

    private final Loader loader = new Loader();
    private final K2ReplEvaluator evaluator = new K2ReplEvaluator();
    private final K2ReplCompilationState state;
    private final K2ReplCompiler compiler;
    private final ScriptEvaluationConfiguration evaluation;
    private ScriptCompilationConfiguration compilation;

    KotlinEvaluator() {
        var classpath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator));
        compilation = new ScriptCompilationConfiguration(List.of(), builder -> {
            JvmScriptCompilationKt.updateClasspath(builder, classpath.map(File::new).toList());
            var options = ScriptCompilationKt.getCompilerOptions(ScriptCompilationConfiguration.Companion);
            builder.put(options, List.of("-jvm-target", "17"));
            return Unit.INSTANCE;
        });
        evaluation = new ScriptEvaluationConfiguration(List.of(), builder -> {
            var jvm = JvmScriptEvaluationKt.getJvm(ScriptEvaluationConfiguration.Companion);
            builder.put(JvmScriptEvaluationKt.getBaseClassLoader(jvm), loader);
            return Unit.INSTANCE;
        });
        var defaults = JvmScriptingHostConfigurationKt.getDefaultJvmScriptingHostConfiguration();
        var host = new ScriptingHostConfiguration(List.of(defaults), builder -> {
            var repl = ReplDataKt.getRepl(ScriptingHostConfiguration.Companion);
            var history = FirReplSnippetResolveExtensionImplKt.getFirReplHistoryProvider(repl);
            builder.put(history, new FirReplHistoryProviderImpl());
            var isSnippet = FirReplSnippetConfiguratorExtensionImplKt.isReplSnippetSource(repl);
            builder.put(isSnippet, (file, element) -> true);
            return Unit.INSTANCE;
        });
        state = K2ReplCompiler.Companion.createCompilationState(
                new ScriptDiagnosticsMessageCollector(null), Disposer.newDisposable(), compilation, host);
        compiler = new K2ReplCompiler(state);
    }

    @Override
    public String version() {
        return KotlinCompilerVersion.VERSION;
    }

    @Override
    public void prepare() {
        try (var source = KotlinEvaluator.class.getResourceAsStream("/jupyter.kts")) {
            run(new String(source.readAllBytes(), StandardCharsets.UTF_8), "0", false);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Override
    public void addToClasspath(String path) {
        var file = new File(path);
        loader.add(file);
        compilation = JvmScriptCompilationKt.withUpdatedClasspath(compilation, List.of(file));
    }

    @Override
    Object run(String code, String count, boolean isExpression) throws Throwable {
        var name = "In" + count + ".kts";
        var source = ScriptHostUtilKt.toScriptSource(code, name);
        tell(syntaxErrors(code, name), code, count);
        cutDependencies();
        LinkedSnippet<CompiledScript> snippet =
                told(await(next -> compiler.compile(List.of(source), compilation, next)), code, count);
        LinkedSnippet<KJvmEvaluatedSnippet> evaluated =
                told(await(next -> evaluator.eval(snippet, evaluation, next)), code, count);
        var result = evaluated.get().getResult();
        if (result instanceof ResultValue.Error error) {
            throw error.getError();
        }
        return result instanceof ResultValue.Value value ? value.getValue() : NOTHING;
    }

    /** What the parser says, on which the REPL's compiler is silent: it takes what it understands. */
    private List<ScriptDiagnostic> syntaxErrors(String code, String name) {
        var project = state.getProjectEnvironment$kotlin_scripting_compiler().getProject();
        var collector = new ScriptDiagnosticsMessageCollector(null);
        var parsed = new KtPsiFactory(project, false).createFile(name, code);
        AnalyzerWithCompilerReport.Companion.reportSyntaxErrors(parsed, collector);
        return collector.getDiagnostics();
    }

    /**
     * Frees compiled snippets of what they depended on. The compiler walks from each to all before it, by
     * every way there is, which doubles with each cell; the next one depends on all of them by itself.
     */
    private void cutDependencies() throws ReflectiveOperationException {
        var field = FirSourceModuleData.class.getDeclaredField("friendDependencies");
        field.setAccessible(true);
        for (var module : state.getModuleDataProvider$kotlin_scripting_compiler().getModuleDataHistory()) {
            if (module instanceof FirSourceModuleData) {
                field.set(module, List.of());
            }
        }
    }

    /** What a suspending function comes to; those of the REPL do not suspend. */
    @SuppressWarnings("unchecked")
    private static <T> ResultWithDiagnostics<T> await(Function<Continuation<Object>, Object> work) {
        return (ResultWithDiagnostics<T>) work.apply(NOWHERE);
    }

    private static <T> T told(ResultWithDiagnostics<T> result, String code, String count) throws Refused {
        tell(result.getReports(), code, count);
        if (!(result instanceof ResultWithDiagnostics.Success<T> success)) {
            throw new Refused("error: the compiler has refused the cell, and does not say why");
        }
        return success.getValue();
    }

    /** Prints warnings. Throws Refused where there are errors. */
    private static void tell(List<ScriptDiagnostic> reports, String code, String count) throws Refused {
        var said = reports.stream()
                .filter(report -> report.getSeverity().compareTo(Severity.WARNING) >= 0)
                .map(report -> textOf(report, code, count))
                .distinct()
                .collect(Collectors.joining("\n"));
        var errors = reports.stream().filter(report -> report.getSeverity().compareTo(Severity.ERROR) >= 0);
        var first = errors.findFirst();
        if (first.isPresent()) {
            throw new Refused(first.get().getMessage(), said);
        }
        if (!said.isEmpty()) {
            System.err.println(said);
        }
    }

    private static String textOf(ScriptDiagnostic report, String code, String count) {
        var kind = report.getSeverity() == Severity.WARNING ? "warning" : "error";
        var text = kind + ": " + report.getMessage();
        var location = report.getLocation();
        if (location == null) {
            return text;
        }
        var line = location.getStart().getLine();
        var column = location.getStart().getCol();
        var source = code.lines().skip(line - 1).findFirst().orElse("");
        return "In[%s]:%d:%d: %s\n%s\n%s^".formatted(count, line, column, text, source, " ".repeat(column - 1));
    }

    @Override
    String textOf(Object value) {
        return String.valueOf(value);
    }

    @Override
    boolean isShown(StackTraceElement frame) {
        return isOfCell(frame);
    }

    @Override
    String textOf(StackTraceElement frame) {
        var name = WRAPPER.matcher(frame.getClassName() + "." + frame.getMethodName()).replaceFirst("");
        var place = frame.getFileName() + ":" + frame.getLineNumber();
        return name.equals("$$eval") ? place : name + "(" + place + ")";
    }

    @Override
    String nameOf(Throwable thrown) {
        return WRAPPER.matcher(thrown.getClass().getName()).replaceFirst("");
    }

    @Override
    Failure failure(Throwable thrown) {
        return thrown instanceof Refused refused
                ? new Failure("CompilationError", refused.getMessage(), refused.said)
                : super.failure(thrown);
    }

    /** The loader of what cells use; jars are added to it. */
    private static final class Loader extends URLClassLoader {
        Loader() {
            super(new URL[0], KotlinEvaluator.class.getClassLoader());
        }

        void add(File file) {
            try {
                addURL(file.toURI().toURL());
            } catch (MalformedURLException impossible) {
                throw new AssertionError(impossible);
            }
        }
    }

    /** The compiler has refused a cell; the message is its first error, said all that it says. */
    private static final class Refused extends Exception {
        final String said;

        Refused(String message) {
            this(message, message);
        }

        Refused(String message, String said) {
            super(message, null, false, false);
            this.said = said;
        }
    }
}
