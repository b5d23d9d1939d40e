// What the kernel puts around a cell: it runs the cell's initialisers and statements in order,
// shows its value, and tells the host of variables and exceptions.
#pragma once

#include <ios>
#include <typeinfo>

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

// What made_with() finds T's name in. Clang's own text leaves out inline namespaces, and with them
// which of two types with one name it is.
template <class T>
const char *declared_with() {
#if defined(__clang__) && defined(__GXX_RTTI)
    return typeid(as<T>).name();
#else
    return signature_with<T>();
#endif
}

KERNEL_RUNNER_API bool made_with(const char *name, const char *text, int number);

// A variable has been initialised: the cell's first `number` declarations stand.
template <class T>
bool made(const char *name, int number) {
    return made_with(name, declared_with<T>(), number);
}

// Calls a cell's initialisers in their order, and tells the host of what they throw.
KERNEL_RUNNER_API void run(const initialiser *first, const initialiser *last);

}  // namespace kernel_runner
