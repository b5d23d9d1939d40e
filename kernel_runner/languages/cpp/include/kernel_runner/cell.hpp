// What the kernel puts around a cell: it runs the cell's initialisers and statements in order,
// shows its value, and tells the host of variables and exceptions.
#pragma once

#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <iostream>
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
        send("result", "", bundle_of(value));
}

// A variable has been initialised: the cell's first `number` declarations stand.
template <class T>
bool made(const char *name, int number) {
    kernel_runner_variable(name, type_name<T>().c_str());
    kernel_runner_kept(number);
    return true;
}

template <class T>
std::string text_of(const T &value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

inline void fail_with(const std::string &message) {
    std::string name = "exception";
    if (const std::type_info *type = abi::__cxa_current_exception_type()) {
        int status = 0;
        char *readable = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
        name = tidy(readable ? readable : type->name());
        std::free(readable);
    }
    kernel_runner_fail(name.c_str(), message.c_str());
}

// Tell the host of the exception that is being handled.
inline void fail() {
    try {
        throw;
    } catch (const std::exception &exception) {
        fail_with(exception.what());
    } catch (const std::string &thrown) {
        fail_with(thrown);
    } catch (const char *thrown) {
        fail_with(thrown);
    } catch (int thrown) {
        fail_with(text_of(thrown));
    } catch (...) {
        fail_with("");
    }
}

// An exception has left a thread or a noexcept function: the process will end.
[[noreturn]] inline void terminated() {
    if (std::current_exception())
        fail();
    std::abort();
}

inline void flush() {
    std::cout.flush();
    std::clog.flush();
}

inline void run(const initialiser *first, const initialiser *last) {
    std::set_terminate(terminated);
    kernel_runner_at_end(flush);
    kernel_runner_kept(1);
    try {
        for (auto each = first; each != last; ++each)
            (*each)();
    } catch (...) {
        fail();
    }
}

}  // namespace kernel_runner
