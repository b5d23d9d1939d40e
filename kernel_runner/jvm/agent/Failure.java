package kernelrunner;

/** A cell failed: what the person is told of it. */
final class Failure extends Exception {
    final String name;
    final String traceback;

    Failure(String name, String message, String traceback) {
        super(message, null, false, false);
        this.name = name;
        this.traceback = traceback;
    }

    static Failure interrupted() {
        return new Failure("Interrupted", "the cell was interrupted", "Interrupted: the cell was interrupted");
    }
}
