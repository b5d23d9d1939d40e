// The display functions of xeus-cling and xeus-cpp, for the notebooks that were written for them.
#pragma once

#include <string>

#include "../kernel_runner.hpp"

namespace xcpp {

// The name of a display that can be updated.
struct xguid {
    std::string name;
};

inline xguid make_guid() {
    static int made = 0;
    return {"xcpp-" + std::to_string(++made)};
}

template <class T>
void display(const T &value) {
    kernel_runner::display(value);
}

template <class T>
void display(const T &value, const xguid &id, bool update = false) {
    if (update)
        kernel_runner::update(id.name, value);
    else
        kernel_runner::display(value, id.name);
}

inline void clear_output(bool wait = false) {
    kernel_runner::clear(wait);
}

}  // namespace xcpp
