//! How a cell is called, and what becomes of its panics and of interrupts.
//!
//! The variables that a cell uses are its locals. Where it does not come to its end they would be
//! lost: the process ends then, and the host's snapshot of it goes on with all that was before.

use crate::crash;
use crate::failure::{DebugFailure, Failure, Reason};
use crate::host;
use std::any::Any;
use std::io::{self, Write};
use std::os::raw::{c_int, c_uint, c_void};
use std::panic::{self, AssertUnwindSafe, Location};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};

const SIGINT: c_int = 2;
const INTERRUPTED: c_int = 130;
const PANICKED: c_int = 101; // as a program's exit code

extern "C" {
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
    fn alarm(seconds: c_uint) -> c_uint;
    fn fflush(stream: *mut c_void) -> c_int;
    fn _exit(code: c_int) -> !;
}

/// The last panic of the thread that runs cells: its message, and where it was.
static PANIC: Mutex<Option<(String, String)>> = Mutex::new(None);

/// Whether a cell runs: an interrupt that comes late is for nobody.
static RUNNING: AtomicBool = AtomicBool::new(false);

static PREPARED: Once = Once::new();

/// The last panic, once.
pub(crate) fn take_panic() -> Option<(String, String)> {
    PANIC.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
}

/// Run a cell to its end, whatever that is.
pub fn run(cell: fn() -> Result<(), Failure>) {
    run_any(cell);
}

/// The same for one whose errors can only be printed for debugging.
pub fn run_debugged(cell: fn() -> Result<(), DebugFailure>) {
    run_any(cell);
}

fn run_any<R: Reason>(cell: fn() -> Result<(), R>) {
    prepare();
    RUNNING.store(true, Ordering::SeqCst);
    let end = panic::catch_unwind(AssertUnwindSafe(cell));
    RUNNING.store(false, Ordering::SeqCst);
    finish(end.as_ref().map(|end| end.as_ref().err().map(|reason| reason as &dyn Reason)));
}

fn finish(end: Result<Option<&dyn Reason>, &Box<dyn Any + Send>>) {
    match end {
        Ok(None) => {
            if let Some((message, place)) = take_panic() {
                eprintln!("thread 'main' panicked{} and was caught: {}", place, message);
            }
        }
        Ok(Some(reason)) => {
            host::fail(reason.name(), reason.message());
            leave(PANICKED);
        }
        Err(payload) => {
            // A cell that has set a hook of its own goes without ours.
            let message = take_panic().map(|(message, _)| message);
            host::fail("panic", &message.unwrap_or_else(|| message_of(payload.as_ref())));
            leave(PANICKED);
        }
    }
}

fn prepare() {
    PREPARED.call_once(|| {
        let others = panic::take_hook();
        let cells: ThreadId = thread::current().id();
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == cells {
                remember(info.payload(), info.location());
            } else {
                others(info);
            }
        }));
        host::at_end(flush);
    });
    // Each time: a cell may have set handlers of its own.
    crash::prepare();
    // SAFETY: the handler only ends the process.
    unsafe { signal(SIGINT, interrupted) };
}

fn remember(payload: &dyn Any, location: Option<&Location>) {
    host::trace();
    let place = location.map(|location| {
        let file = Path::new(location.file()).file_name().unwrap_or_default();
        format!(" at {}:{}", file.to_string_lossy(), location.line())
    });
    let mut panic = PANIC.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    *panic = Some((message_of(payload), place.unwrap_or_default()));
}

fn message_of(payload: &dyn Any) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "a value that is no text".to_owned(),
    }
}

pub(crate) extern "C" fn flush() {
    let _ = io::stdout().flush();
}

fn leave(code: c_int) -> ! {
    flush();
    // SAFETY: null stands for all of C's streams.
    unsafe {
        fflush(std::ptr::null_mut());
        _exit(code)
    }
}

extern "C" fn interrupted(_: c_int) {
    if !RUNNING.load(Ordering::SeqCst) {
        return;
    }
    // What was printed, but for the line that is being printed just now; another thread may hold
    // the stream, and then the alarm ends us.
    // SAFETY: ends the process, one way or the other.
    unsafe { alarm(1) };
    let _ = panic::catch_unwind(|| flush());
    unsafe { _exit(INTERRUPTED) }
}
