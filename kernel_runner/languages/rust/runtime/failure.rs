//! What `?` at the top level of a cell makes of an error.

use crate::host;
use std::any::type_name;
use std::error::Error;
use std::fmt::Debug;

/// Why a cell has failed, as the person is told.
pub trait Reason {
    fn name(&self) -> &str;
    fn message(&self) -> &str;
}

/// Made of all that is an error, or text.
///
/// It is no error itself: the conversion would be in the way of every type's into itself.
pub struct Failure {
    name: String,
    message: String,
}

/// Made of all that can be printed for debugging; the kernel takes it where `Failure` does not fit.
pub struct DebugFailure {
    name: String,
    message: String,
}

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Self {
        host::trace();
        let error: Box<dyn Error> = error.into();
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.contains(&text) {
                message = format!("{}: {}", message, text);
            }
            cause = error.source();
        }
        Failure { name: name_of::<E>(), message }
    }
}

impl<E: Debug> From<E> for DebugFailure {
    fn from(error: E) -> Self {
        host::trace();
        DebugFailure { name: name_of::<E>(), message: format!("{:?}", error) }
    }
}

impl Reason for Failure {
    fn name(&self) -> &str {
        &self.name
    }

    fn message(&self) -> &str {
        &self.message
    }
}

impl Reason for DebugFailure {
    fn name(&self) -> &str {
        &self.name
    }

    fn message(&self) -> &str {
        &self.message
    }
}

/// A type's own name, without modules and parameters; "Error" for texts and boxed errors.
fn name_of<E>() -> String {
    let name = type_name::<E>();
    let path = name.split('<').next().unwrap_or(name);
    match path.rsplit("::").next() {
        Some("String" | "Box") | None => "Error".to_owned(),
        Some(last) if last.starts_with('&') => "Error".to_owned(),
        Some(last) => last.to_owned(),
    }
}
