package kernelrunner;

import java.util.regex.Pattern;

/** An evaluator whose cells run each in a thread of its own, which can be stopped with all that it started. */
abstract class ThreadEvaluator implements Evaluator {
    /** The value of a cell that has none to show. */
    static final Object NOTHING = new Object();

    private static final Pattern FILE = Pattern.compile("\\bIn(\\d+)\\.\\w+(?=:\\d)");
    private static final int FRAMES = 50; // of a trace
    private static final long PATIENCE = 500_000_000; // nanoseconds; what was stopped may have to tidy up
    private static final long STACK = 1L << 26; // bytes

    private ThreadGroup group;
    private boolean isStopped;
    private long lastStop;

    /** Evaluates a cell, whose file is to be called In{count} in traces; gives its value or NOTHING. */
    abstract Object run(String code, String count, boolean isExpression) throws Throwable;

    /** A value as the language's console shows it. */
    abstract String textOf(Object value);

    /** Whether a trace shows a method: the person's own, and of others what is no machinery. */
    abstract boolean isShown(StackTraceElement frame);

    /** A method and its place, as traces show them. */
    String textOf(StackTraceElement frame) {
        return frame.toString();
    }

    /** What the person is told of an exception; of the compiler's, too. */
    Failure failure(Throwable thrown) {
        return new Failure(nameOf(thrown), String.valueOf(thrown.getMessage()), trace(thrown));
    }

    String nameOf(Throwable thrown) {
        return thrown.getClass().getName();
    }

    @Override
    public synchronized void begin() {
        isStopped = false;
        lastStop = 0;
    }

    @Override
    public void evaluate(Frames.Frame request) throws Failure {
        var options = request.text(4);
        var cell = new Cell(request.text(0), request.text(1), options.contains("\"expression\": true"));
        synchronized (this) {
            if (isStopped) {
                throw Failure.interrupted();
            }
            group = new ThreadGroup("cell");
            cell.thread = new Thread(group, cell, "cell", STACK);
            cell.thread.start();
        }
        join(cell.thread);
        synchronized (this) {
            group = null;
            if (isStopped) {
                throw Failure.interrupted();
            }
        }
        if (cell.failure != null) {
            throw cell.failure;
        }
        if (cell.value != NOTHING && !options.contains("\"silent\": true")) {
            Display.result(cell.value, cell.text);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible); // nobody knows the thread that waits
        }
    }

    @Override
    @SuppressWarnings({"deprecation", "removal"})
    public synchronized void stop() {
        isStopped = true;
        var now = System.nanoTime();
        if (group != null && (lastStop == 0 || now - lastStop > PATIENCE)) {
            lastStop = now;
            group.interrupt();
            group.stop();
        }
    }

    @Override
    public Object[] answer(Frames.Frame request) {
        return new Object[0];
    }

    /** An exception and its causes, down to the cell, as Throwable.printStackTrace shows them. */
    String trace(Throwable thrown) {
        var text = new StringBuilder(nameOf(thrown));
        if (thrown.getMessage() != null) {
            text.append(": ").append(thrown.getMessage());
        }
        var shown = 0;
        for (var frame : thrown.getStackTrace()) {
            if (frame.getClassName().startsWith(ThreadEvaluator.class.getName()) || shown == FRAMES) {
                break;
            }
            if (isShown(frame)) {
                text.append("\n    at ").append(renamed(textOf(frame)));
                shown++;
            }
        }
        var cause = thrown.getCause();
        return cause == null ? text.toString() : text + "\nCaused by: " + trace(cause);
    }

    /** A text with the cells' names for those of their files. */
    static String renamed(String text) {
        return FILE.matcher(text).replaceAll("In[$1]");
    }

    /** Whether a frame is of a cell's own code. */
    static boolean isOfCell(StackTraceElement frame) {
        return frame.getFileName() != null && frame.getFileName().matches("In\\d+\\.\\w+") && frame.getLineNumber() > 0;
    }

    /** A cell, evaluated. */
    private final class Cell implements Runnable {
        private final String code;
        private final String count;
        private final boolean isExpression;
        private Thread thread;
        private Object value = NOTHING;
        private String text = "";
        private Failure failure;

        Cell(String code, String count, boolean isExpression) {
            this.code = code;
            this.count = count;
            this.isExpression = isExpression;
        }

        @Override
        public void run() {
            try {
                var result = ThreadEvaluator.this.run(code, count, isExpression);
                if (result != NOTHING) {
                    text = textOf(result); // may compute, as a lazy list does
                    value = result;
                }
            } catch (ThreadDeath stopped) {
                // It was interrupted, as who waits for this thread knows.
            } catch (Throwable thrown) {
                failure = failure(thrown);
            }
        }
    }
}
