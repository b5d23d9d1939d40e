// The names of types, as source code has them.
#pragma once

#include <string>

namespace kernel_runner {

// A type under a name that a declaration can begin with, whatever it is: as<int[3]>::type x.
template <class T>
struct as {
    using type = T;
};

template <class T>
const char *signature_with() {
    return __PRETTY_FUNCTION__;
}

// What the compiler calls T.
template <class T>
std::string type_name() {
    std::string text = signature_with<T>();
    auto begin = text.find("T = ") + 4;
    return text.substr(begin, text.rfind(']') - begin);
}

// A name without what tells the declarations of one cell from those of another.
inline std::string tidy(std::string name) {
    for (auto at = name.find("kr"); at != std::string::npos; at = name.find("kr", at)) {
        auto end = name.find_first_not_of("0123456789_r", at + 2);
        bool is_space = end != std::string::npos && end > at + 3 && name.compare(end, 2, "::") == 0;
        if (is_space)
            name.erase(at, end + 2 - at);
        else
            at += 2;
    }
    for (auto at = name.find("__cxx11::"); at != std::string::npos; at = name.find("__cxx11::"))
        name.erase(at, 9);
    return name;
}

}  // namespace kernel_runner
