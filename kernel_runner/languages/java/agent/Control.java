package kernelrunner;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Map;
import jdk.jshell.execution.LocalExecutionControl;
import jdk.jshell.spi.ExecutionControl;
import jdk.jshell.spi.ExecutionControlProvider;
import jdk.jshell.spi.ExecutionEnv;

/**
 * Runs snippets in this JVM, as JShell's own local engine, and keeps their values: JShell itself
 * only tells them as text.
 */
public final class Control extends LocalExecutionControl {
    private static final Method RELAY;

    /** What the snippet that runs now really is; there is only one at a time. */
    private static Method snippet;

    private static Object value;

    private volatile boolean stopped;

    static {
        try {
            RELAY = Control.class.getMethod("relay");
        } catch (NoSuchMethodException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** What the engine invokes in the snippet's place. */
    public static Object relay() throws Throwable {
        try {
            value = snippet.invoke(null);
            return value;
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    @Override
    protected String invoke(Method method) throws Exception {
        if (stopped) { // while it was compiled
            throw new StoppedException();
        }
        snippet = method;
        value = null;
        return super.invoke(RELAY);
    }

    /** The value of the snippet that ran last. */
    Object value() {
        return value;
    }

    /** No snippet runs from now on, or they do again. */
    void setStopped(boolean stopped) {
        this.stopped = stopped;
    }

    /** JShell's way to an engine: gives this one. */
    ExecutionControlProvider provider() {
        return new ExecutionControlProvider() {
            @Override
            public String name() {
                return "kernelrunner";
            }

            @Override
            public ExecutionControl generate(ExecutionEnv env, Map<String, String> parameters) {
                return Control.this;
            }
        };
    }
}
