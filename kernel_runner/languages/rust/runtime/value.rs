//! A value as text: by Debug, else by Display, else the name of its type.
//!
//! Which of them a type has is decided by method resolution: `(&&&&Shown(value)).write()` finds the
//! implementation that needs the fewest dereferences (autoref-based specialization). The text is
//! left here for who shows it: that way nothing of it is compiled in every cell.

use crate::host;
use std::any::type_name;
use std::fmt::{Debug, Display};
use std::sync::Mutex;

const LONG: usize = 80; // characters; a longer structure is printed over several lines

/// A reference to what is shown.
pub struct Shown<'a, T: ?Sized>(pub &'a T);

static TEXT: Mutex<Option<String>> = Mutex::new(None);

fn leave(text: String) {
    *TEXT.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(text);
}

/// What was written of a value, once; nothing of `()`.
pub(crate) fn take_text() -> Option<String> {
    TEXT.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
}

pub trait OfUnit {
    fn write(&self);
}

impl OfUnit for &&&Shown<'_, ()> {
    fn write(&self) {}
}

pub trait ByDebug {
    fn write(&self);
}

impl<T: Debug + ?Sized> ByDebug for &&Shown<'_, T> {
    fn write(&self) {
        by_debug(&self.0);
    }
}

#[inline(never)]
fn by_debug(value: &dyn Debug) {
    let short = format!("{:?}", value);
    let is_structure = short.contains('{') && !short.starts_with('"');
    if is_structure && short.chars().count() > LONG {
        leave(format!("{:#?}", value));
    } else {
        leave(short);
    }
}

pub trait ByDisplay {
    fn write(&self);
}

impl<T: Display + ?Sized> ByDisplay for &Shown<'_, T> {
    fn write(&self) {
        by_display(&self.0);
    }
}

#[inline(never)]
fn by_display(value: &dyn Display) {
    leave(value.to_string());
}

pub trait ByName {
    fn write(&self);
}

impl<T: ?Sized> ByName for Shown<'_, T> {
    fn write(&self) {
        by_name(type_name::<T>());
    }
}

#[inline(never)]
fn by_name(name: &str) {
    leave(format!("<{}>", readable(name)));
}

/// A type's name without the crates that cells are compiled to.
fn readable(name: &str) -> String {
    let mut words = name.split("::").peekable();
    let mut result = String::new();
    while let Some(word) = words.next() {
        let start = word.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        let cell = word[start..].strip_prefix("kernel_runner_cell_");
        let is_cell = cell.map_or(false, |number| number.bytes().all(|b| b.is_ascii_digit()));
        let end = if is_cell { start } else { word.len() };
        result.push_str(&word[..end]);
        if !is_cell && words.peek().is_some() {
            result.push_str("::");
        }
    }
    result
}

/// Show a value of a list of variables.
pub fn summary() {
    let text = take_text().unwrap_or_else(|| "()".to_owned());
    host::result(&[("text/plain", text.as_bytes())]);
}

/// Show the type of a value, which is given without being used.
pub fn type_of<T: ?Sized>(_: &T) {
    host::result(&[("text/plain", type_name::<T>().as_bytes())]);
}
