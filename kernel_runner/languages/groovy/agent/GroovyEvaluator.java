package kernelrunner;

import groovy.lang.Binding;
import groovy.lang.GroovyShell;
import groovy.lang.GroovySystem;
import groovy.lang.Script;
import java.lang.reflect.Modifier;
import org.codehaus.groovy.control.CompilerConfiguration;
import org.codehaus.groovy.control.MultipleCompilationErrorsException;
import org.codehaus.groovy.runtime.InvokerHelper;
import org.codehaus.groovy.runtime.MethodClosure;

/** Groovy: cells are scripts of one GroovyShell, and share its binding. */
final class GroovyEvaluator extends ThreadEvaluator {
    private final Binding binding = new Binding();
    private final Keeper keeper = new Keeper();
    private final GroovyShell shell;

    GroovyEvaluator() {
        var configuration = new CompilerConfiguration();
        configuration.addCompilationCustomizers(keeper);
        shell = new GroovyShell(GroovyEvaluator.class.getClassLoader(), binding, configuration);
    }

    @Override
    public String version() {
        return GroovySystem.getVersion();
    }

    @Override
    public void prepare() {
        shell.evaluate("[1].collect { it + 1 }", "In0.groovy"); // what this loads, the first cell need not
    }

    @Override
    public void addToClasspath(String path) {
        shell.getClassLoader().addClasspath(path);
    }

    @Override
    Object run(String code, String count, boolean isExpression) {
        var type = parse(code, "In" + count + ".groovy");
        if (!Script.class.isAssignableFrom(type)) {
            return NOTHING; // only classes were declared
        }
        var script = InvokerHelper.createScript(type, binding);
        for (var method : type.getDeclaredMethods()) {
            var name = method.getName();
            if (!method.isSynthetic() && !Modifier.isStatic(method.getModifiers()) && !name.equals("run")) {
                binding.setVariable(name, new MethodClosure(script, name));
            }
        }
        var value = script.run();
        return value == null ? NOTHING : value;
    }

    private Class<?> parse(String code, String file) {
        var imports = keeper.size();
        var isParsed = false;
        try {
            var type = shell.getClassLoader().parseClass(code, file);
            isParsed = true;
            return type;
        } finally {
            if (!isParsed) {
                keeper.restore(imports);
            }
        }
    }

    @Override
    String textOf(Object value) {
        return InvokerHelper.inspect(value);
    }

    @Override
    boolean isShown(StackTraceElement frame) {
        return isOfCell(frame);
    }

    @Override
    Failure failure(Throwable thrown) {
        if (!(thrown instanceof MultipleCompilationErrorsException)) {
            return super.failure(thrown);
        }
        var text = thrown.getMessage()
                .replaceFirst("^startup failed:\\s+", "")
                .replaceFirst("\\s+\\d+ errors?\\s*$", "")
                .replaceAll("In(\\d+)\\.groovy: (\\d+)", "In[$1]:$2");
        var message = text.lines().findFirst().orElse("").replaceFirst("^In\\[\\d+\\]:\\d+: ", "");
        return new Failure("CompilationError", message, text);
    }
}
