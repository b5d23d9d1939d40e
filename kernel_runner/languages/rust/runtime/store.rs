//! Where variables are between cells.
//!
//! As little as possible depends on the variable's type: that part is compiled in every cell.

use crate::host;
use std::alloc::{alloc, dealloc, handle_alloc_error, Layout};
use std::any::type_name;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// A value on the heap, and what can be known of it without its type.
struct Kept {
    address: usize,
    size: usize,
    alignment: usize,
}

type Store = Option<HashMap<String, Kept>>;

static KEPT: Mutex<Store> = Mutex::new(None);

/// What a type needs, known when it is compiled.
struct Of<T>(T);

impl<T> Of<T> {
    const SIZE: usize = std::mem::size_of::<T>();
    const ALIGNMENT: usize = std::mem::align_of::<T>();
}

/// Move a variable out.
///
/// The kernel names the type that `put` has told it. Where an item was compiled again, unchanged,
/// the type is its new edition's, which has the same layout: a type's identity would be too strict.
pub fn take<T: 'static>(name: &str) -> T {
    let place = find(name, Of::<T>::SIZE, Of::<T>::ALIGNMENT);
    // SAFETY: `put` has moved a T to it, and it is out of the store: nobody else reads it again.
    let value = unsafe { std::ptr::read(place as *const T) };
    discard(place, Of::<T>::SIZE, Of::<T>::ALIGNMENT);
    value
}

/// Move a variable in, and tell the kernel its type.
pub fn put<T: 'static>(name: &str, value: T) {
    let place = keep(name, type_name::<T>(), Of::<T>::SIZE, Of::<T>::ALIGNMENT);
    // SAFETY: it is room for a T, and nobody else knows it yet.
    unsafe { std::ptr::write(place as *mut T, value) }
}

fn store() -> MutexGuard<'static, Store> {
    KEPT.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn layout(size: usize, alignment: usize) -> Layout {
    Layout::from_size_align(size, alignment).expect("a type's own layout")
}

#[inline(never)]
fn find(name: &str, size: usize, alignment: usize) -> usize {
    let kept = store().as_mut().and_then(|store| store.remove(name));
    let kept = kept.unwrap_or_else(|| panic!("the variable `{}` is not there", name));
    let fits = (kept.size, kept.alignment) == (size, alignment);
    assert!(fits, "`{}` has another type than expected", name);
    kept.address
}

#[inline(never)]
fn discard(place: usize, size: usize, alignment: usize) {
    if size > 0 {
        // SAFETY: `keep` has allocated it with the same layout.
        unsafe { dealloc(place as *mut u8, layout(size, alignment)) }
    }
}

/// What it replaces is not dropped, since its type is not known any more: the cell that shadows a
/// variable has taken it before, and drops it.
#[inline(never)]
fn keep(name: &str, type_: &str, size: usize, alignment: usize) -> usize {
    host::variable(name, type_);
    let mut address = alignment; // where nothing is stored
    if size > 0 {
        let layout = layout(size, alignment);
        // SAFETY: the size is not zero.
        address = unsafe { alloc(layout) } as usize;
        if address == 0 {
            handle_alloc_error(layout);
        }
    }
    let kept = Kept { address, size, alignment };
    store().get_or_insert_with(HashMap::new).insert(name.to_owned(), kept);
    address
}
