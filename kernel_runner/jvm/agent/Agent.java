package kernelrunner;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import sun.misc.Signal;

/**
 * The agent of the languages of the JVM: evaluates cells for kernel_runner with an Evaluator, in this
 * JVM. kernel_runner/session/frames.py describes how the two talk.
 *
 * <p>The main thread evaluates. The reader takes the frames as they come and stops what runs; one
 * more thread answers completion, inspection and is-complete meanwhile; frames go out through a
 * thread of their own, because Thread.stop, which is how a cell is stopped, may hit anywhere.
 */
public final class Agent {
    private static final int STOP_AGAIN = 10; // milliseconds
    private static final Output STDOUT = new Output(FileDescriptor.out, null);
    private static final Output STDERR = new Output(FileDescriptor.err, STDOUT);

    private final Frames frames;
    private final BlockingQueue<Frames.Frame> requests = new LinkedBlockingQueue<>();
    private final ExecutorService assistance = Executors.newSingleThreadExecutor(Agent::daemon);
    private final Evaluator evaluator;

    /** The request that is evaluated; it changes under the agent's lock. */
    private Frames.Frame current;

    /** Whether a cell was stopped since the last one began. */
    private boolean wasStopped;

    private Agent(Frames frames, Evaluator evaluator) {
        this.frames = frames;
        this.evaluator = evaluator;
    }

    /** Serves until fd 3 ends. Arguments: the evaluator; where requests come from and answers go to instead. */
    public static void main(String[] arguments) throws Exception {
        // The kernel signals the whole process group; children may die of it, this JVM may not.
        Signal.handle(new Signal("INT"), signal -> {});
        var requests = arguments.length > 1 ? arguments[1] : "/dev/fd/3";
        var answers = arguments.length > 2 ? arguments[2] : "/dev/fd/4";
        var frames = new Frames(new FileOutputStream(answers));
        var input = new DataInputStream(new BufferedInputStream(new FileInputStream(requests)));
        Thread.setDefaultUncaughtExceptionHandler(Agent::report);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            flush();
            frames.close();
        }));
        System.setIn(input(new BufferedInputStream(new FileInputStream(FileDescriptor.in))));
        System.setOut(STDOUT.printer());
        System.setErr(STDERR.printer());
        var evaluator = (Evaluator) Class.forName("kernelrunner." + arguments[0])
                .getDeclaredConstructor()
                .newInstance();
        new Agent(frames, evaluator).serve(input);
    }

    /** A stream that flushes before it reads, and that `new Scanner(System.in).close()` does not close. */
    private static InputStream input(InputStream stream) {
        return new FilterInputStream(stream) {
            @Override
            public int read() throws IOException {
                STDOUT.flush();
                return super.read();
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                STDOUT.flush();
                return super.read(bytes, offset, length);
            }

            @Override
            public void close() {}
        };
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    }

    /** Tells what a cell's own thread died of. */
    private static void report(Thread thread, Throwable thrown) {
        if (!(thrown instanceof ThreadDeath)) {
            System.err.print("Exception in thread \"" + thread.getName() + "\" ");
            thrown.printStackTrace();
        }
    }

    static void flush() {
        System.out.flush();
        System.err.flush();
        STDOUT.flush(); // System.out may be another stream now.
    }

    private void serve(DataInputStream input) throws InterruptedException {
        Display.connect(this);
        frames.send("R", 0, evaluator.version());
        daemon(() -> read(input)).start();
        evaluator.prepare();
        while (true) {
            evaluate(requests.take());
        }
    }

    private void evaluate(Frames.Frame request) {
        boolean isBroken;
        synchronized (this) {
            current = request;
            isBroken = wasStopped;
            wasStopped = false;
            evaluator.begin();
        }
        frames.send("B", request.id());
        reopen(isBroken);
        Failure failure = null;
        try {
            if (request.type().equals("E")) {
                evaluator.evaluate(request);
            } else if (request.type().equals("O")) {
                frames.send("L", request.id(), request.text(0), "{}", "{}"); // there are no comms
            }
        } catch (Failure thrown) {
            failure = thrown;
        } catch (Throwable thrown) { // a defect, or no memory: the session goes on
            failure = new Failure(thrown.getClass().getName(), thrown.toString(), thrown.toString());
        }
        flush();
        synchronized (this) {
            current = null;
        }
        if (failure == null) {
            frames.send("K", request.id());
        } else {
            frames.send("X", request.id(), failure.name, failure.getMessage(), failure.traceback);
        }
    }

    /** Gives a cell its streams back where one before has closed them, or was stopped in a print. */
    private static void reopen(boolean isBroken) {
        if ((isBroken || STDOUT.isClosed()) && System.out == STDOUT.printer()) {
            System.setOut(STDOUT.open());
        }
        if ((isBroken || STDERR.isClosed()) && System.err == STDERR.printer()) {
            System.setErr(STDERR.open());
        }
    }

    private void read(DataInputStream input) {
        try {
            for (var frame = Frames.read(input); frame != null; frame = Frames.read(input)) {
                receive(frame);
            }
        } catch (IOException lost) {
            // The kernel is gone, which is the end too.
        }
        Runtime.getRuntime().halt(0);
    }

    private void receive(Frames.Frame frame) throws IOException {
        switch (frame.type()) {
            case "E", "O", "M", "L" -> requests.add(frame);
            case "C", "I", "P" -> assistance.execute(() -> frames.send(frame.type(), frame.id(), evaluator.answer(frame)));
            case "S" -> stop();
            case "Q" -> Runtime.getRuntime().halt(0);
            default -> {}
        }
    }

    /** Stops the present cell, for as long as it takes: it may be compiling, or catch what stops it. */
    private synchronized void stop() {
        var request = current;
        if (request == null) {
            return;
        }
        wasStopped = true;
        evaluator.stop();
        daemon(() -> {
            while (stopAgain(request)) {
                try {
                    Thread.sleep(STOP_AGAIN);
                } catch (InterruptedException impossible) {
                    return;
                }
            }
        }).start();
    }

    private synchronized boolean stopAgain(Frames.Frame request) {
        if (current != request) {
            return false;
        }
        evaluator.stop();
        return true;
    }

    /** Sends what a cell shows; called on any of its threads. */
    void show(String type, Object... fields) {
        Frames.Frame request;
        synchronized (this) {
            request = current;
        }
        flush();
        Frames.mark();
        frames.send(type, request == null ? 0 : request.id(), fields);
    }

    Evaluator evaluator() {
        return evaluator;
    }
}
