// What a cell may ask of the notebook:
//
//     kernel_runner::display(value);            // like a result, at any moment
//     kernel_runner::display({{"text/html", "<b>hello</b>"}, {"text/plain", "hello"}});
//     kernel_runner::display(value, "a name");  // one that can be updated later
//     kernel_runner::update("a name", value);
//     kernel_runner::clear(true);               // clears the output when the next one comes
//
// A type of one's own shows itself richly with a function beside it:
//
//     std::map<std::string, std::string> mime_bundle_repr(const Picture &picture);
#pragma once

#include "kernel_runner/bundle.hpp"

namespace kernel_runner __attribute__((visibility("hidden"))) {

// Show a value; under a name it can be updated.
template <class T>
void display(const T &value, const std::string &name = "") {
    send("display", name.c_str(), value);
}

// Show representations that are ready, by MIME type.
inline void display(const bundle &representations, const std::string &name = "") {
    send_bundle("display", name.c_str(), representations);
}

// Replace what is shown under a name.
template <class T>
void update(const std::string &name, const T &value) {
    send("update", name.c_str(), value);
}

inline void update(const std::string &name, const bundle &representations) {
    send_bundle("update", name.c_str(), representations);
}

// Clear what the cell has shown: now, or when the next output comes.
inline void clear(bool wait = false) {
    kernel_runner_clear(wait);
}

}  // namespace kernel_runner
