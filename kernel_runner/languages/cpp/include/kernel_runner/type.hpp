// The names of types. What is declared here and in the other headers with KERNEL_RUNNER_API is
// compiled once, into a library that all cells are linked with; the rest is each cell's own.
#pragma once

#include <iosfwd>
#include <string>

#define KERNEL_RUNNER_API __attribute__((visibility("default")))

namespace kernel_runner __attribute__((visibility("hidden"))) {

// A type under a name that a declaration can begin with, whatever it is: as<int[3]>::type x.
template <class T>
struct as {
    using type = T;
};

// Text that has the compiler's name for T in it.
template <class T>
const char *signature_with() {
    return __PRETTY_FUNCTION__;
}

// That name, as source code may have it.
KERNEL_RUNNER_API std::string type_in(const char *signature);

// A name as the person knows it: without the namespaces krN_M:: of a cell's declarations.
KERNEL_RUNNER_API std::string tidy(std::string name);

KERNEL_RUNNER_API void put_type(std::ostream &out, const char *signature);

}  // namespace kernel_runner
