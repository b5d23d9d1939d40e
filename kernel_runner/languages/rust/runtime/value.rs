//! A value as text: by Debug, else by Display, else the name of its type.
//!
//! Which of them a type has is decided by method resolution: `(&&&&Shown(value)).text()` finds the
//! implementation that needs the fewest dereferences (autoref-based specialization).

use crate::host;
use std::any::type_name;
use std::fmt::{Debug, Display};

const LONG: usize = 80; // characters; a longer structure is printed over several lines

/// A reference to what is shown.
pub struct Shown<'a, T: ?Sized>(pub &'a T);

/// What there is to show of a value; nothing of `()`.
pub struct Text(pub Option<String>);

pub trait OfUnit {
    fn text(&self) -> Text;
}

impl OfUnit for &&&Shown<'_, ()> {
    fn text(&self) -> Text {
        Text(None)
    }
}

pub trait ByDebug {
    fn text(&self) -> Text;
}

impl<T: Debug + ?Sized> ByDebug for &&Shown<'_, T> {
    fn text(&self) -> Text {
        by_debug(&self.0)
    }
}

fn by_debug(value: &dyn Debug) -> Text {
    let short = format!("{:?}", value);
    let is_structure = short.contains('{') && !short.starts_with('"');
    if is_structure && short.chars().count() > LONG {
        return Text(Some(format!("{:#?}", value)));
    }
    Text(Some(short))
}

pub trait ByDisplay {
    fn text(&self) -> Text;
}

impl<T: Display + ?Sized> ByDisplay for &Shown<'_, T> {
    fn text(&self) -> Text {
        by_display(&self.0)
    }
}

fn by_display(value: &dyn Display) -> Text {
    Text(Some(value.to_string()))
}

pub trait ByName {
    fn text(&self) -> Text;
}

impl<T: ?Sized> ByName for Shown<'_, T> {
    fn text(&self) -> Text {
        by_name(type_name::<T>())
    }
}

fn by_name(name: &str) -> Text {
    Text(Some(format!("<{}>", readable(name))))
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
pub fn summary(text: Text) {
    let text = text.0.unwrap_or_else(|| "()".to_owned());
    host::result(&[("text/plain", text.as_bytes())]);
}

/// Show the type of a value, which is given without being used.
pub fn type_of<T: ?Sized>(_: &T) {
    host::result(&[("text/plain", type_name::<T>().as_bytes())]);
}
