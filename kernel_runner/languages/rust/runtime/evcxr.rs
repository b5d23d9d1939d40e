//! The result of a cell, and evcxr's way of giving it other representations: a method
//! `evcxr_display(&self)` that prints `EVCXR_BEGIN_CONTENT text/html`, the content, and
//! `EVCXR_END_CONTENT`.

use crate::host;
use crate::value::take_text;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::raw::{c_char, c_int, c_uint};
use std::os::unix::io::FromRawFd;

const BEGIN: &str = "EVCXR_BEGIN_CONTENT";
const END: &str = "EVCXR_END_CONTENT";
const STDOUT: c_int = 1;

extern "C" {
    fn memfd_create(name: *const c_char, flags: c_uint) -> c_int;
    fn dup(descriptor: c_int) -> c_int;
    fn dup2(from: c_int, to: c_int) -> c_int;
    fn close(descriptor: c_int) -> c_int;
}

/// What `evcxr_display` gives where a type has no such method of its own.
pub struct Missing;

/// Brings `evcxr_display` to every type; a type's own method goes before it.
pub trait NoDisplay {
    fn evcxr_display(&self) -> Missing {
        Missing
    }
}

impl<T: ?Sized> NoDisplay for T {}

pub trait Outcome {
    fn is_displayed(&self) -> bool;
}

impl Outcome for Missing {
    fn is_displayed(&self) -> bool {
        false
    }
}

impl Outcome for () {
    fn is_displayed(&self) -> bool {
        true
    }
}

/// Show a cell's result: its text, and what `display` prints, which says whether it is there.
pub fn present(display: &dyn Fn() -> bool) {
    let text = match take_text() {
        Some(text) => text,
        None => return,
    };
    let mut bundle: Vec<(String, Vec<u8>)> = vec![("text/plain".into(), text.into_bytes())];
    let printed = printed_by(display);
    if !printed.is_empty() {
        print!("{}", sorted(&printed, &mut bundle));
    }
    let bundle: Vec<_> = bundle.iter().map(|(mime, data)| (&mime[..], &data[..])).collect();
    host::result(&bundle);
}

/// Add to a bundle what is between evcxr's lines, and give back what is not.
fn sorted(printed: &str, bundle: &mut Vec<(String, Vec<u8>)>) -> String {
    let mut rest = String::new();
    let mut lines = printed.split_inclusive('\n');
    while let Some(line) = lines.next() {
        match line.strip_prefix(BEGIN) {
            None => rest.push_str(line),
            Some(mime) => {
                let content: String =
                    lines.by_ref().take_while(|line| line.trim() != END).collect();
                let mime = mime.trim().to_owned();
                bundle.retain(|(known, _)| *known != mime);
                bundle.push((mime.clone(), decoded(&mime, content.trim_end_matches('\n'))));
            }
        }
    }
    rest
}

/// What is printed to the standard output meanwhile.
fn printed_by(display: &dyn Fn() -> bool) -> String {
    let mut printed = Vec::new();
    let _ = io::stdout().flush();
    // SAFETY: descriptors of our own, each closed once.
    unsafe {
        let memory = memfd_create(b"display\0".as_ptr().cast(), 1);
        let before = dup(STDOUT);
        if memory < 0 || before < 0 {
            display();
            return String::new();
        }
        dup2(memory, STDOUT);
        display();
        let _ = io::stdout().flush();
        dup2(before, STDOUT);
        close(before);
        let mut file = File::from_raw_fd(memory);
        let _ = file.seek(SeekFrom::Start(0));
        let _ = file.read_to_end(&mut printed);
    }
    String::from_utf8_lossy(&printed).into_owned()
}

/// evcxr takes images other than SVG in base64; Jupyter's own messages are made from raw data.
fn decoded(mime: &str, content: &str) -> Vec<u8> {
    if !mime.starts_with("image/") || mime.starts_with("image/svg") {
        return content.as_bytes().to_vec();
    }
    let mut data = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in content.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            data.push((bits >> count) as u8);
        }
    }
    data
}
