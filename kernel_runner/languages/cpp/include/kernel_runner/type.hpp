// The names of types, as source code has them.
#pragma once

#include <string>

namespace kernel_runner __attribute__((visibility("hidden"))) {

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

// Replaces each `before` in a text.
inline void replace(std::string &text, const std::string &before, const std::string &after) {
    for (auto at = text.find(before); at != std::string::npos; at = text.find(before, at))
        text.replace(at, before.size(), after), at += after.size();
}

// A name as the person knows it: without the namespaces krN_M:: of a cell's declarations.
inline std::string tidy(std::string name) {
    for (auto at = name.find("kr"); at != std::string::npos; at = name.find("kr", at)) {
        auto end = name.find_first_not_of("0123456789_", at + 2);
        bool is_space = end != std::string::npos && end > at + 3 && name.compare(end, 2, "::") == 0;
        if (is_space)
            name.erase(at, end + 2 - at);
        else
            at += 2;
    }
    replace(name, "__cxx11::", "");
    replace(name, "basic_string<char, std::char_traits<char>, std::allocator<char> >", "string");
    replace(name, "basic_string<char>", "string");
    return name.compare(0, 7, "unnamed") == 0 ? "" : name;
}

}  // namespace kernel_runner
