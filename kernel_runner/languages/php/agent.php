<?php

/**
 * The PHP agent: evaluates cells for kernel_runner. See kernel_runner/session/frames.py.
 *
 * A cell is written to a file that is called after it, and included from here: at the top level,
 * where its variables are global. That is why this file has no variables of its own.
 */

declare(strict_types=1);

namespace KernelRunner;

require __DIR__ . '/channel.php';
require __DIR__ . '/engine.php';
require __DIR__ . '/declarations.php';
require __DIR__ . '/source.php';
require __DIR__ . '/dumper.php';
require __DIR__ . '/display.php';
require __DIR__ . '/assist.php';
require __DIR__ . '/session.php';

Session::start($argv[1]);
$argv = $_SERVER['argv'] = ['php'];
$argc = $_SERVER['argc'] = 1;

while (Session::next()) {
    // cell.php includes the cell's file; a fatal error ends only the call, where the engine helps.
    if (Engine::$functions !== null) {
        Engine::prepare(__DIR__ . '/cell.php');
        (Engine::$execute)(Engine::$handle);
        Engine::recover(Session::$finished);
    } else {
        include __DIR__ . '/cell.php';
    }
    if (!Session::report()) {
        exit; // With the code that the cell gave to its own exit().
    }
}
