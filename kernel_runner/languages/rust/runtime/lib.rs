//! What cells in Rust may use: rich display; and what they are compiled against.
//!
//! ```
//! kernel_runner::display("text/html", "<b>hello</b>");
//! let shown = kernel_runner::display_as("progress", "text/plain", "1 of 2");
//! kernel_runner::update("progress", "text/plain", "2 of 2");
//! kernel_runner::clear(true);
//! ```

mod crash;
mod evcxr;
mod failure;
mod future;
mod host;
mod run;
mod store;
mod value;

pub use host::{clear, display, display_as, display_bundle, update};

/// For the code that the kernel makes around a cell.
#[doc(hidden)]
pub mod hidden {
    pub use crate::evcxr::{present, NoDisplay, Outcome};
    pub use crate::failure::{DebugFailure, Failure};
    pub use crate::future::{block_on, of_this_process};
    pub use crate::run::{run, run_debugged};
    pub use crate::store::{put, take};
    pub use crate::value::{summary, type_of, ByDebug, ByDisplay, ByName, OfUnit, Shown};
}

/// Show a value, given by reference, as the cell's result.
#[doc(hidden)]
#[macro_export]
macro_rules! show {
    ($value:ident) => {{
        #[allow(unused_imports)]
        use $crate::hidden::{ByDebug, ByDisplay, ByName, NoDisplay, OfUnit, Outcome};
        (&&&&$crate::hidden::Shown($value)).write();
        $crate::hidden::present(&|| $value.evcxr_display().is_displayed());
    }};
}

/// Show a variable's value as a result of its own, whatever it is.
#[doc(hidden)]
#[macro_export]
macro_rules! summarize {
    ($value:ident) => {{
        #[allow(unused_imports)]
        use $crate::hidden::{ByDebug, ByDisplay, ByName, OfUnit};
        (&&&&$crate::hidden::Shown(&$value)).write();
        $crate::hidden::summary();
    }};
}
