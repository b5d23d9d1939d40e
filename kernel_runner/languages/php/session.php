<?php

declare(strict_types=1);

namespace KernelRunner;

/** Thrown by a signal's handler: it comes from where the cell was. */
abstract class Stopped extends \Error
{
    public function __construct(string $message)
    {
        parent::__construct($message);
        foreach ($this->getTrace() as $frame) {
            if (isset($frame['file']) && !str_starts_with($frame['file'], __DIR__)) {
                [$this->file, $this->line] = [$frame['file'], $frame['line']];
                break;
            }
        }
    }
}

/** The cell has been interrupted. An Error, so that `catch (Exception)` does not stop it. */
final class Interrupted extends Stopped
{
}

/** Calls are nested so deeply that memory would be exhausted, which PHP does not survive. */
final class RecursionError extends Stopped
{
}

/** The requests, one after the other; and the cell that is running. */
final class Session
{
    public const MARK = "\e_kernel-runner\e\\";

    private const FATAL = E_ERROR | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR
        | E_RECOVERABLE_ERROR | E_PARSE;

    private const MEMORY_LIMIT = 2 << 30; // bytes, where php.ini has none: recursion must end

    /** What cell.php runs, and what it says of that. */
    public static string $file = '';
    public static mixed $value = null;
    public static ?\Throwable $error = null;
    public static bool $finished = false;
    public static bool $interruptible = false;

    private static Channel $channel;
    private static string $directory;
    private static int $pid;
    private static string $id = '0';
    private static Source $source;
    private static bool $expression = false;
    private static bool $interrupted = false;

    public static function start(string $directory): void
    {
        self::$directory = $directory;
        self::$pid = getmypid();
        Engine::start();
        self::$channel = new Channel();
        self::limitMemory();
        // Otherwise a cell that closes its stdout would end the session.
        ignore_user_abort(true);
        if (function_exists('pcntl_signal')) {
            pcntl_async_signals(true);
            pcntl_signal(SIGINT, self::interrupt(...), false);
            pcntl_signal(SIGALRM, self::interruptAgain(...), false);
        }
        self::$channel->send('R', '0', PHP_VERSION);
    }

    /** Answer requests until there is a cell to run; false at the end. */
    public static function next(): bool
    {
        while ($request = self::$channel->receive()) {
            [$type, $id, $fields] = $request;
            switch ($type) {
                case 'E':
                    self::$id = $id;
                    if (self::begin(...$fields)) {
                        return true;
                    }
                    break;
                case 'C':
                case 'I':
                case 'P':
                    self::$channel->send($type, $id, ...Assist::answer($type, $fields));
                    break;
                case 'O':
                case 'M':
                case 'L':
                    self::closeComm($type, $id, $fields[0]);
                    break;
                case 'Q':
                    return false;
            }
        }
        return false;
    }

    /** Tell how the cell went; false when it has called exit(). */
    public static function report(): bool
    {
        self::$interruptible = false;
        if (self::$interrupted) {
            pcntl_alarm(0);
        }
        Engine::tick(false);
        if (getmypid() !== self::$pid) {
            return false; // A fork's word is not the session's.
        }
        self::endBuffers();
        $fatal = error_get_last();
        if (!self::$finished && ($fatal === null || !($fatal['type'] & self::FATAL))) {
            return false;
        }
        if (!self::$finished && !Engine::isSound()) {
            return false; // PHP has told why on stderr.
        }
        if (!self::$finished) {
            self::fail('FatalError', $fatal['message'], self::place($fatal['file'], $fatal['line']));
        } elseif (self::$error !== null) {
            self::failWith(self::$error);
        } else {
            self::succeed();
        }
        self::$value = self::$error = null;
        return true;
    }

    /** Show something now. */
    public static function show(string $kind, array $bundle, string $id = '', array $meta = []): void
    {
        $fields = [$kind, $id, $meta ? json_encode($meta) : ''];
        foreach ($bundle as $mime => $data) {
            array_push($fields, $mime, is_string($data) ? $data : Dumper::json($data));
        }
        self::send('D', ...$fields);
    }

    public static function clear(bool $wait): void
    {
        self::send('U', $wait ? '1' : '0');
    }

    /** The cell has been compiled and begins. */
    public static function begun(): void
    {
        self::$source->declarations->commit(self::$directory);
    }

    private static function begin(string $code, string $count, string $out, string $err, string $more): bool
    {
        if ($out !== '') {
            Engine::reopen(1, $out);
            Engine::reopen(2, $err);
        }
        if (is_resource(STDIN) && feof(STDIN)) {
            fseek(STDIN, 0, SEEK_CUR); // After its end a terminal can be read again.
        }
        error_clear_last();
        self::$interrupted = self::$finished = false;
        self::$value = self::$error = null;
        self::$expression = (bool) preg_match('/"expression": *true/', $more);
        self::$file = self::$directory . "/In[$count]";
        self::$channel->send('B', self::$id);
        try {
            self::$source = new Source($code, self::$file, (int) $count);
            file_put_contents(self::$file, self::$source->text());
        } catch (\Throwable $error) {
            self::failWith($error);
            return false;
        }
        self::$interruptible = true;
        if (function_exists('pcntl_signal')) {
            pcntl_signal(SIGVTALRM, self::checkDepth(...));
            Engine::tick(true);
        }
        return true;
    }

    private static function succeed(): void
    {
        if (self::$source->hasValue || self::$expression) {
            $value = self::$value;
            if (!self::$expression) {
                $GLOBALS['_'] = $value;
            }
            if ($value !== null || self::$expression) {
                try {
                    self::show('result', Display::bundle($value));
                } catch (\Throwable $error) {
                    self::failWith($error);
                    return;
                }
            }
        }
        self::$channel->send('K', self::$id);
    }

    private static function failWith(\Throwable $error): void
    {
        $lines = [];
        for ($each = $error; $each !== null; $each = $each->getPrevious()) {
            $lines[] = ($each === $error ? '' : 'Caused by ') . self::headline($each)
                . "\n    at " . self::place($each->getFile(), $each->getLine());
            array_push($lines, ...self::frames($each));
        }
        self::$channel->send(
            'X',
            self::$id,
            self::clean(self::nameOf($error)),
            self::clean($error->getMessage()),
            self::clean(implode("\n", $lines)),
        );
    }

    private static function headline(\Throwable $error): string
    {
        $name = self::nameOf($error);
        return "\e[31m$name\e[0m: " . $error->getMessage();
    }

    private static function nameOf(\Throwable $error): string
    {
        return $error instanceof Stopped ? (new \ReflectionClass($error))->getShortName() : $error::class;
    }

    /** @return list<string> the calls that led there, without the agent's own */
    private static function frames(\Throwable $error): array
    {
        $lines = [];
        foreach ($error->getTrace() as $frame) {
            $function = ($frame['class'] ?? '') . ($frame['type'] ?? '') . $frame['function'];
            $file = $frame['file'] ?? '';
            if (str_starts_with($function, 'KernelRunner\\') || str_starts_with($file, __DIR__)) {
                continue;
            }
            $lines[] = "    in $function() called at "
                . ($file === '' ? '[internal]' : self::place($file, $frame['line']));
        }
        if (count($lines) > 50) {
            $left = count($lines) - 40;
            array_splice($lines, 20, $left, ["    ... $left calls ..."]);
        }
        return $lines;
    }

    private static function fail(string $name, string $message, string $place): void
    {
        $message = self::clean($message);
        self::$channel->send('X', self::$id, $name, $message, "\e[31m$name\e[0m: $message\n    at $place");
    }

    private static function place(string $file, int $line): string
    {
        return str_replace(self::$directory . '/', '', $file) . ":$line";
    }

    /** Without what is ours: the cells' directory, and the numbers of names that were redefined. */
    private static function clean(string $text): string
    {
        $text = str_replace(self::$directory . '/', '', $text);
        return preg_replace('/(?<=[\w\x80-\xff])·\d+\b/', '', $text) ?? $text;
    }

    /** Send D or U, at its place in the output; an interrupt waits until it is out. */
    private static function send(string $type, string ...$fields): void
    {
        $interruptible = self::$interruptible;
        self::$interruptible = false;
        for ($level = ob_get_level(), $i = 0; $i < $level && !self::$finished; $i++) {
            ob_flush();
            break;
        }
        if (is_resource(STDOUT)) {
            fwrite(STDOUT, self::MARK);
        }
        self::$channel->send($type, self::$id, ...$fields);
        self::$interruptible = $interruptible;
        if ($interruptible && self::$interrupted) {
            self::interrupt();
        }
    }

    private static function interrupt(): void
    {
        self::$interrupted = true;
        if (self::$interruptible) {
            pcntl_alarm(1); // A cell that has caught it, and goes on, gets it again.
            throw new Interrupted('The cell was interrupted.');
        }
    }

    /** An alarm of the cell's own is none of ours. */
    private static function interruptAgain(): void
    {
        if (self::$interrupted) {
            self::interrupt();
        }
    }

    private static function checkDepth(): void
    {
        if (self::$interruptible && Engine::isDeep()) {
            // Or the next tick would come while this error still collects its trace.
            Engine::tick(false);
            pcntl_signal(SIGVTALRM, SIG_IGN);
            throw new RecursionError('Calls are nested too deeply.');
        }
    }

    /** What a cell has left in output buffers is written at its end, as at a script's. */
    private static function endBuffers(): void
    {
        while (ob_get_level() && @ob_end_flush()) {
        }
    }

    private static function closeComm(string $type, string $id, string $comm): void
    {
        self::$channel->send('B', $id);
        if ($type === 'O') { // No comms here: what is opened is closed.
            self::$channel->send('L', $id, $comm, '{}', '{}');
        }
        self::$channel->send('K', $id);
    }

    private static function limitMemory(): void
    {
        if (ini_get('memory_limit') !== '-1') {
            return;
        }
        $known = preg_match('/^MemTotal: *(\d+) kB/', (string) @file_get_contents('/proc/meminfo'), $total);
        $half = $known ? (int) $total[1] * 512 : self::MEMORY_LIMIT;
        ini_set('memory_limit', (string) min($half, self::MEMORY_LIMIT));
    }
}
