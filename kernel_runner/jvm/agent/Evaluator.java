package kernelrunner;

/** What evaluates a language's cells in this JVM. */
interface Evaluator {
    /** The version that the session tells. */
    String version();

    /** Gets ready, on the thread that evaluates, while nobody waits for it. */
    void prepare();

    /** A cell begins; stop() is not called before. */
    void begin();

    /** Evaluates the cell of a request, or its expression, and shows its value. */
    void evaluate(Frames.Frame request) throws Failure;

    /** Stops what evaluate() does; called on another thread, and again for as long as it goes on. */
    void stop();

    /** The fields of the answer to a C, I or P frame, on a thread of its own. */
    Object[] answer(Frames.Frame request);

    /** Adds a jar, or a folder of classes, for later cells. */
    void addToClasspath(String path);
}
