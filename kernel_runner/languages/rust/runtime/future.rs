//! How a cell that awaits is run.

use std::any::{Any, TypeId};
use std::future::Future;
use std::pin::Pin;
use std::process;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Run a future to its end on this thread, where no dependency brings a runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = Box::pin(future);
    loop {
        match Pin::as_mut(&mut future).poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

type Made = (u32, TypeId, &'static (dyn Any + Send + Sync));

static MADE: Mutex<Vec<Made>> = Mutex::new(Vec::new());

/// The one `T` of this process, such as a runtime with its threads: a process that takes over from
/// one that has died has its memory, but not its threads, and makes another.
pub fn of_this_process<T: Any + Send + Sync>(make: impl FnOnce() -> T) -> &'static T {
    let mut made = MADE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let key = (process::id(), TypeId::of::<T>());
    let known = made.iter().find(|(process, type_, _)| (*process, *type_) == key);
    if let Some(value) = known.and_then(|(_, _, value)| value.downcast_ref()) {
        return value;
    }
    let value: &'static T = Box::leak(Box::new(make()));
    made.push((key.0, key.1, value));
    value
}
