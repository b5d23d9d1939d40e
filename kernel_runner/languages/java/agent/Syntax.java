package kernelrunner;

import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Asks javac's parser alone, which needs no names to be known. */
final class Syntax {
    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

    /** What a snippet may be: a statement, a member, an expression, an import. */
    private static final List<String> PLACES =
            List.of("class C { void m() { %s\n} }", "class C { %s\n}", "class C { Object o = %s\n; }", "%s\n");

    private Syntax() {}

    /** Whether a snippet parses as anything. */
    static boolean isSound(String snippet) {
        return PLACES.stream().anyMatch(place -> parses(place.replace("%s", snippet)));
    }

    private static boolean parses(String unit) {
        var problems = new DiagnosticCollector<JavaFileObject>();
        var file = new SimpleJavaFileObject(URI.create("string:///C.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return unit;
            }
        };
        var task = (JavacTask) COMPILER.getTask(null, null, problems, null, null, List.of(file));
        try {
            task.parse();
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
        return problems.getDiagnostics().stream().noneMatch(each -> each.getKind() == Diagnostic.Kind.ERROR);
    }
}
