//! The functions of the host that has loaded us, and rich display made of them.

use std::ffi::CString;
use std::os::raw::{c_char, c_int, c_void};

#[repr(C)]
struct Mime {
    mime: *const c_char,
    data: *const c_void,
    length: usize,
}

extern "C" {
    fn kernel_runner_display(
        kind: *const c_char,
        display_id: *const c_char,
        metadata: *const c_char,
        bundle: *const Mime,
        count: usize,
    );
    fn kernel_runner_clear(wait: c_int);
    fn kernel_runner_variable(name: *const c_char, type_: *const c_char);
    fn kernel_runner_fail(name: *const c_char, message: *const c_char);
    fn kernel_runner_trace();
    fn kernel_runner_at_end(flush: extern "C" fn());
}

/// One representation of a value: its MIME type, and its data as they are.
pub type Representation<'a> = (&'a str, &'a [u8]);

/// A string for C; what follows a NUL is lost.
fn c_string(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}

fn send(kind: &str, display_id: &str, bundle: &[Representation]) {
    let kind = c_string(kind);
    let display_id = c_string(display_id);
    let metadata = CString::default();
    let types: Vec<CString> = bundle.iter().map(|(mime, _)| c_string(mime)).collect();
    let bundle: Vec<Mime> = bundle
        .iter()
        .zip(&types)
        .map(|((_, data), mime)| Mime {
            mime: mime.as_ptr(),
            data: data.as_ptr().cast(),
            length: data.len(),
        })
        .collect();
    // SAFETY: all that is pointed to lives until the call returns.
    unsafe {
        kernel_runner_display(
            kind.as_ptr(),
            display_id.as_ptr(),
            metadata.as_ptr(),
            bundle.as_ptr(),
            bundle.len(),
        );
    }
}

/// Show data of a MIME type. Images are given as they are, not in base64.
pub fn display(mime: &str, data: impl AsRef<[u8]>) {
    send("display", "", &[(mime, data.as_ref())]);
}

/// Show data that `update` can replace later, by this name.
pub fn display_as(display_id: &str, mime: &str, data: impl AsRef<[u8]>) {
    send("display", display_id, &[(mime, data.as_ref())]);
}

/// Show one thing in several representations; the client takes the best it knows.
pub fn display_bundle(bundle: &[Representation]) {
    send("display", "", bundle);
}

/// Replace what `display_as` has shown by this name.
pub fn update(display_id: &str, mime: &str, data: impl AsRef<[u8]>) {
    send("update", display_id, &[(mime, data.as_ref())]);
}

/// Clear what the cell has shown; with `wait`, when the next output comes.
pub fn clear(wait: bool) {
    // SAFETY: takes a number.
    unsafe { kernel_runner_clear(wait.into()) }
}

/// The cell's value.
pub(crate) fn result(bundle: &[Representation]) {
    send("result", "", bundle);
}

/// Tell what type a variable turned out to have.
pub(crate) fn variable(name: &str, type_: &str) {
    let (name, type_) = (c_string(name), c_string(type_));
    // SAFETY: both live until the call returns.
    unsafe { kernel_runner_variable(name.as_ptr(), type_.as_ptr()) }
}

/// Tell that the cell has failed.
pub(crate) fn fail(name: &str, message: &str) {
    let (name, message) = (c_string(name), c_string(message));
    // SAFETY: both live until the call returns.
    unsafe { kernel_runner_fail(name.as_ptr(), message.as_ptr()) }
}

/// Write down where the cell's code is, for an error that may come of this.
pub(crate) fn trace() {
    // SAFETY: takes nothing.
    unsafe { kernel_runner_trace() }
}

/// Have `flush` called when a cell ends, and before anything is displayed.
pub(crate) fn at_end(flush: extern "C" fn()) {
    // SAFETY: the function stays where it is.
    unsafe { kernel_runner_at_end(flush) }
}
