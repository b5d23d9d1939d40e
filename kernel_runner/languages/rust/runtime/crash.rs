//! What is still to be said when a cell crashes: the line that is not yet written out, and the
//! panic that cannot be unwound (one while dropping, or a check of the compiler's own).
//!
//! The host has handlers that write down where it was; ours come before them.

use crate::host;
use crate::run::{flush, take_panic};
use std::mem;
use std::os::raw::{c_int, c_uint, c_void};
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};

const SIGNALS: [c_int; 6] = [4, 5, 6, 7, 8, 11]; // ILL, TRAP, ABRT, BUS, FPE, SEGV
const SIGABRT: c_int = 6;
const WORDS: usize = 19; // of a struct sigaction of Linux's C libraries on 64-bit machines

type Handler = extern "C" fn(c_int, *mut c_void, *mut c_void);

/// The first word of a struct sigaction is the handler; the others stay as the host has set them.
type Action = [usize; WORDS];

extern "C" {
    fn sigaction(number: c_int, new: *const Action, old: *mut Action) -> c_int;
    fn alarm(seconds: c_uint) -> c_uint;
}

/// The host's handler, the same for all.
static HOSTS: AtomicUsize = AtomicUsize::new(0);

/// Put our handlers before the host's, where those are in place.
pub fn prepare() {
    let ours = crashed as Handler as usize;
    for number in SIGNALS {
        let mut action: Action = [0; WORDS];
        // SAFETY: the struct is as large as the system's; handlers are functions that stay.
        unsafe {
            sigaction(number, std::ptr::null(), &mut action);
            if action[0] > 1 && action[0] != ours {
                HOSTS.store(action[0], Ordering::SeqCst);
                action[0] = ours;
                sigaction(number, &action, std::ptr::null_mut());
            }
        }
    }
}

extern "C" fn crashed(number: c_int, info: *mut c_void, context: *mut c_void) {
    // Another thread may hold the stream: then the alarm ends us.
    // SAFETY: what is in HOSTS was a handler with these parameters.
    unsafe {
        alarm(1);
        let _ = panic::catch_unwind(|| flush());
        if number == SIGABRT {
            if let Some((message, _)) = take_panic() {
                host::fail("panic", &message);
            }
        }
        alarm(0);
        let host: Handler = mem::transmute(HOSTS.load(Ordering::SeqCst));
        host(number, info, context);
    }
}
