<?php

declare(strict_types=1);

namespace KernelRunner;

use FFI;

/**
 * What PHP's own functions cannot do, asked of the engine and of libc through FFI.
 *
 * A fatal error leaves whatever runs, up to the innermost php_execute_script(): cells run in one of
 * their own, so that the session outlives them, as `php -a` does. Where there is no FFI, or the
 * engine is another one, a fatal error ends the session, and output is not reopened.
 */
final class Engine
{
    public static ?FFI $functions = null;

    /** php_execute_script(), not as a method: the object would be the cell's $this. */
    public static FFI\CData $execute;

    /** A zend_file_handle, with room to spare. */
    public static FFI\CData $handle;

    private const ENGINE = <<<'C'
        void zend_stream_init_filename(void *handle, const char *filename);
        int php_execute_script(void *handle);
        void zend_destroy_file_handle(void *handle);
        void _efree(void *pointer);
        extern uintptr_t executor_globals[512];
        C;

    private const LIBC = 'int open(const char *path, int flags); int dup2(int from, int to);'
        . ' int dup(int fd); int close(int fd); int fcntl(int fd, int command, int argument);'
        . ' int setitimer(int which, const long *value, void *old);';

    private const ITIMER_VIRTUAL = 1;
    private const TICK = 20_000; // microseconds of computing

    private const F_SETFD = 2;
    private const FD_CLOEXEC = 1;

    private const O_WRONLY_CLOEXEC = 02000001;

    private const STACK_PAGE = 16 * 16 * 1024; // bytes: ZEND_VM_STACK_PAGE_SIZE
    private const MAX_PAGES = 64; // 16 MiB, about 150,000 calls

    private static ?FFI $libc = null;

    /** Where vm_stack_top, vm_stack_end and vm_stack are in the globals. */
    private static int $stack;

    /** @var array{int, int, int} */
    private static array $saved;

    public static function start(): void
    {
        try {
            self::$libc = FFI::cdef(self::LIBC);
            $functions = FFI::cdef(self::ENGINE);
        } catch (\Throwable) { // No FFI here, or not for us.
            return;
        }
        $stack = self::findStack($functions->executor_globals);
        if ($stack !== null) {
            self::$stack = $stack;
            self::$handle = $functions->new('char[1024]');
            self::$functions = $functions;
            self::$execute = $functions->php_execute_script;
        }
    }

    /**
     * A stream on a copy of a descriptor, which programs that a cell starts do not inherit.
     *
     * @return resource
     */
    public static function take(int $fd, string $mode)
    {
        if (self::$libc === null) {
            return fopen("php://fd/$fd", $mode);
        }
        $copy = self::$libc->dup($fd); // fopen() makes a copy as well, and does not tell its number
        self::$libc->close($copy);
        $stream = fopen("php://fd/$fd", $mode);
        self::$libc->fcntl($copy, self::F_SETFD, self::FD_CLOEXEC);
        self::$libc->close($fd);
        return $stream;
    }

    /** Put what a path names in a descriptor's place. */
    public static function reopen(int $fd, string $path): void
    {
        if (self::$libc === null) {
            return;
        }
        $opened = self::$libc->open($path, self::O_WRONLY_CLOEXEC);
        if ($opened >= 0 && $opened !== $fd) {
            self::$libc->dup2($opened, $fd);
            self::$libc->close($opened);
        }
    }

    /** Have SIGVTALRM sent now and then while PHP computes; it cuts no sleep() short. */
    public static function tick(bool $on): void
    {
        if (self::$libc !== null) {
            $timer = self::$libc->new('long[4]'); // struct itimerval
            $timer[1] = $timer[3] = $on ? self::TICK : 0;
            self::$libc->setitimer(self::ITIMER_VIRTUAL, $timer, null);
        }
    }

    /** Whether calls are so deeply nested that there is no end to be expected. */
    public static function isDeep(): bool
    {
        if (self::$functions === null) {
            return false;
        }
        $page = self::$functions->executor_globals[self::$stack + 2];
        for ($count = 0; $page !== 0 && $count < self::MAX_PAGES; $count++) {
            $page = self::$functions->cast('uintptr_t *', $page)[2]; // the one before
        }
        return $count === self::MAX_PAGES;
    }

    /** Whether calls from the engine still work; after memory was exhausted, they may not. */
    public static function isSound(): bool
    {
        return array_map('strlen', ['1']) === [1];
    }

    public static function prepare(string $file): void
    {
        $globals = self::$functions->executor_globals;
        $stack = self::$stack;
        self::$saved = [$globals[$stack], $globals[$stack + 1], $globals[$stack + 2]];
        self::$functions->zend_stream_init_filename(self::$handle, $file);
    }

    public static function recover(bool $finished): void
    {
        self::$functions->zend_destroy_file_handle(self::$handle);
        if (!$finished) {
            self::unwindStack();
        }
    }

    /** Free the pages of frames that a fatal error has left, which nothing else does. */
    private static function unwindStack(): void
    {
        $globals = self::$functions->executor_globals;
        [, $end, $first] = self::$saved;
        $page = $globals[self::$stack + 2];
        while ($page !== $first && $page !== 0) {
            $pointer = self::$functions->cast('uintptr_t *', $page); // top, end, previous page
            $previous = $pointer[2];
            self::$functions->_efree($pointer);
            $page = $previous;
        }
        $globals[self::$stack + 1] = $end;
        $globals[self::$stack + 2] = $first;
    }

    /** The place differs from version to version; what is there has an unmistakable form. */
    private static function findStack(FFI\CData $globals): ?int
    {
        for ($i = 0; $i < 500; $i++) {
            [$top, $end, $page] = [$globals[$i], $globals[$i + 1], $globals[$i + 2]];
            if ($end - $page === self::STACK_PAGE && $page < $top && $top <= $end) {
                return $i;
            }
        }
        return null;
    }
}
