// What the kernel puts around a cell: it runs the cell's initialisers and statements in order,
// shows its value, and tells the host of variables and exceptions.
#pragma once

#include <ios>

#include "../kernel_runner.hpp"

namespace kernel_runner __attribute__((visibility("hidden"))) {

using initialiser = void (*)();

// The value of `(expression, nothing())`, for an expression without a value.
struct nothing {};

template <class T>
T &&operator,(T &&value, nothing) {
    return static_cast<T &&>(value);
}

inline void show(nothing) {}

// The trailing expression's value; that of `std::cout << x` has been seen already.
template <class T>
void show(const T &value) {
    if constexpr (!std::is_base_of<std::ios_base, T>::value)
        send("result", "", value);
}

KERNEL_RUNNER_API bool made_with(const char *name, const char *signature, int number);

// A variable has been initialised: the cell's first `number` declarations stand.
template <class T>
bool made(const char *name, int number) {
    return made_with(name, signature_with<T>(), number);
}

// Calls a cell's initialisers in their order, and tells the host of what they throw.
KERNEL_RUNNER_API void run(const initialiser *first, const initialiser *last);

}  // namespace kernel_runner
