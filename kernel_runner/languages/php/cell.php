<?php

// What runs a cell, in the global scope. Not in a function: its variables would be local there.

try {
    KernelRunner\Session::$value = include KernelRunner\Session::$file;
} catch (\Throwable $__kernel_runner_error) {
    KernelRunner\Session::$interruptible = false;
    KernelRunner\Session::$error = $__kernel_runner_error;
    unset($__kernel_runner_error);
}
KernelRunner\Session::$finished = true;
KernelRunner\Session::$interruptible = false;
