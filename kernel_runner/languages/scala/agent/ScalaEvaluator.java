package kernelrunner;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import scala.jdk.javaapi.CollectionConverters;
import scala.tools.nsc.Settings;
import scala.tools.nsc.interpreter.IMain;
import scala.tools.nsc.interpreter.shell.ReplReporterImpl;
import scala.tools.nsc.interpreter.shell.ShellConfig;
import scala.util.Either;
import scala.util.Properties;

/** Scala: cells are lines of the interpreter behind its REPL. */
final class ScalaEvaluator extends ThreadEvaluator {
    /** Classes around cells, and no objects: the initializer of an object would block other threads. */
    private static final String SWITCHES = "-usejavacp -Yrepl-class-based -deprecation -feature";

    private static final Pattern RESULT = Pattern.compile("(?s)(?:.*\\n)?val ((res\\d+): .*)");
    /** What is told beside the value: imported implicits; lazy values, without an end of the line. */
    private static final Pattern BESIDE =
            Pattern.compile("(?m)^(?:def \\$ires\\d+: .*$|lazy val .*? // unevaluated)");

    private static final Pattern DEFINITION =
            Pattern.compile("\\n(?:(?:case|implicit) )*(?:val|var|def|class|object|trait|type) ");
    private static final Pattern ERROR = Pattern.compile("error: (.*)");
    private static final Pattern WRAPPER = Pattern.compile("^\\$line\\d+\\.\\$(?:read|eval)(?:\\$\\$?iw)*[.$]?");

    private final StringWriter messages = new StringWriter();
    private final StringBuilder results = new StringBuilder();
    private final ReplReporterImpl reporter;
    private final IMain interpreter;
    private boolean hasThrown;
    private String text = "";

    ScalaEvaluator() {
        var settings = new Settings();
        settings.processArgumentString(SWITCHES);
        var writer = new PrintWriter(messages, true);
        reporter = new ReplReporterImpl(ShellConfig.apply(settings), settings, writer) {
            @Override
            public void printResult(Either<String, String> result) {
                hasThrown |= result.isLeft();
                results.append(result.getOrElse(() -> ""));
            }
        };
        interpreter = new IMain(settings, reporter);
    }

    @Override
    public String version() {
        return Properties.versionNumberString();
    }

    @Override
    public void prepare() {
        try (var source = ScalaEvaluator.class.getResourceAsStream("/jupyter.scala")) {
            interpreter.interpret(new String(source.readAllBytes(), StandardCharsets.UTF_8), true);
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Override
    public void addToClasspath(String path) {
        try {
            List<URL> urls = List.of(new File(path).toURI().toURL());
            interpreter.addUrlsToClassPath(CollectionConverters.asScala(urls).toSeq());
        } catch (MalformedURLException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Override
    Object run(String code, String count, boolean isExpression) throws Throwable {
        messages.getBuffer().setLength(0);
        results.setLength(0);
        hasThrown = false;
        reporter.printResults_$eq(true); // where a stop has left it off
        var answer = interpreter.withLabel("In" + count + ".scala", () -> interpreter.interpret(code, false));
        var said = renamed(messages.toString()).stripTrailing();
        if (hasThrown) {
            throw (Throwable) interpreter.valueOfTerm("lastException").get();
        }
        if (answer.toString().equals("Incomplete")) {
            throw new Refused("In[" + count + "]:" + code.lines().count() + ": error: the cell ends too early");
        }
        if (answer.toString().equals("Error") && !said.isEmpty()) { // a comment is one, without a word
            throw new Refused(said);
        }
        if (!said.isEmpty()) {
            System.err.println(said);
        }
        var shown = RESULT.matcher(BESIDE.matcher(results).replaceAll("").strip());
        if (!shown.matches() || isPast(shown.group(2), shown.group(1))) {
            return NOTHING;
        }
        text = shown.group(1);
        return interpreter.valueOfTerm(shown.group(2)).get();
    }

    /** Whether a definition came behind the value. */
    private boolean isPast(String name, String said) {
        return !name.equals(interpreter.mostRecentVar()) && DEFINITION.matcher(said).find();
    }

    @Override
    String textOf(Object value) {
        return text;
    }

    @Override
    boolean isShown(StackTraceElement frame) {
        return isOfCell(frame) && frame.getClassName().contains("$iw");
    }

    @Override
    String textOf(StackTraceElement frame) {
        var method = frame.getMethodName();
        var name = (WRAPPER.matcher(frame.getClassName()).replaceFirst("") + "." + method).replaceFirst("^\\.", "");
        var place = frame.getFileName() + ":" + frame.getLineNumber();
        return name.equals("<init>") ? place : name + "(" + place + ")";
    }

    @Override
    String nameOf(Throwable thrown) {
        return WRAPPER.matcher(thrown.getClass().getName()).replaceFirst("");
    }

    @Override
    Failure failure(Throwable thrown) {
        if (!(thrown instanceof Refused)) {
            return super.failure(thrown);
        }
        var text = thrown.getMessage();
        var found = ERROR.matcher(text);
        return new Failure("CompilationError", found.find() ? found.group(1) : text, text);
    }

    /** The compiler has refused a cell; the message is what it said. */
    private static final class Refused extends Exception {
        Refused(String message) {
            super(message, null, false, false);
        }
    }
}
