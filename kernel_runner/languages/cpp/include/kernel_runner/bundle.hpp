// Values as the notebook shows them: text, and whatever mime_bundle_repr says, a function that
// argument-dependent lookup finds. It gives nlohmann::json, or a map of strings.
#pragma once

#include "../../../../native/host/host.h"

#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "value.hpp"

namespace kernel_runner __attribute__((visibility("hidden"))) {

using bundle = std::vector<std::pair<std::string, std::string>>;

template <class T, class = void>
struct has_bundle : std::false_type {};
template <class T>
struct has_bundle<T, always_void<decltype(mime_bundle_repr(some<T>()))>> : std::true_type {};

template <class T, class = void>
struct is_json : std::false_type {};
template <class T>
struct is_json<T, always_void<decltype(some<T>().items()), decltype(some<T>().dump())>>
    : std::true_type {};

// What base64 text stands for; other text, such as the bytes of a picture, as it is.
inline std::string decoded(const std::string &text) {
    static const std::string digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned bits = 0, count = 0;
    for (char c : text) {
        if (c == '=' || c == '\n')
            continue;
        auto digit = digits.find(c);
        if (digit == std::string::npos)
            return text;
        bits = bits << 6 | static_cast<unsigned>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> count & 255);
        }
    }
    return bytes;
}

inline void add(bundle &bundle, const std::string &mime, const std::string &data) {
    bool is_picture = mime.compare(0, 6, "image/") == 0 && mime != "image/svg+xml";
    bundle.emplace_back(mime, is_picture ? decoded(data) : data);
}

template <class T>
bundle bundle_of(const T &value) {
    bundle made;
    if constexpr (has_bundle<T>::value) {
        auto given = mime_bundle_repr(value);
        if constexpr (is_json<decltype(given)>::value) {
            for (const auto &item : given.items())
                add(made, item.key(),
                    item.value().is_string() ? item.value().template get<std::string>()
                                             : item.value().dump());
        } else {
            for (const auto &item : given)
                add(made, item.first, item.second);
        }
        for (const auto &item : made)
            if (item.first == "text/plain")
                return made;
    }
    std::ostringstream text;
    put(text, value);
    made.emplace_back("text/plain", text.str());
    return made;
}

inline void send(const char *kind, const std::string &id, const bundle &bundle) {
    std::vector<kernel_runner_mime> mimes;
    for (const auto &item : bundle)
        mimes.push_back({item.first.c_str(), item.second.data(), item.second.size()});
    kernel_runner_display(kind, id.c_str(), "", mimes.data(), mimes.size());
}

}  // namespace kernel_runner
