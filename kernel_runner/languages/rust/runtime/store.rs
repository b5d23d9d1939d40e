//! Where variables are between cells.

use crate::host;
use std::alloc::Layout;
use std::any::type_name;
use std::collections::HashMap;
use std::sync::Mutex;

/// A variable's value, on the heap, and what can be known of it without its type.
struct Kept {
    address: usize,
    layout: Layout,
}

static KEPT: Mutex<Option<HashMap<String, Kept>>> = Mutex::new(None);

fn with_kept<R>(work: impl FnOnce(&mut HashMap<String, Kept>) -> R) -> R {
    let mut kept = KEPT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    work(kept.get_or_insert_with(HashMap::new))
}

/// Move a variable out.
///
/// The kernel names the type that `put` has told it. Where an item was compiled again, unchanged,
/// the type is its new edition's, which has the same layout: a type's identity would be too strict.
pub fn take<T: 'static>(name: &str) -> T {
    let kept = with_kept(|kept| kept.remove(name));
    let kept = kept.unwrap_or_else(|| panic!("the variable `{}` is not there", name));
    assert!(kept.layout == Layout::new::<T>(), "`{}` has another type than expected", name);
    // SAFETY: `put` has made it of a Box of a T, and it was removed: nobody else owns it.
    *unsafe { Box::from_raw(kept.address as *mut T) }
}

/// Move a variable in, and tell the kernel its type.
pub fn put<T: 'static>(name: &str, value: T) {
    host::variable(name, type_name::<T>());
    let address = Box::into_raw(Box::new(value)) as usize;
    let layout = Layout::new::<T>();
    // What it replaces is not dropped: its type is not known any more. The cell that shadows a
    // variable has taken it before, and drops it.
    with_kept(|kept| kept.insert(name.to_owned(), Kept { address, layout }));
}
