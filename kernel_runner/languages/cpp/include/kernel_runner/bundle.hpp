// Values as the notebook shows them: text, and whatever mime_bundle_repr says, a function that
// argument-dependent lookup finds. It gives nlohmann::json, or a map of strings.
#pragma once

#include "../../../../native/host/host.h"

#include <ostream>
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

// What is being shown: begun, added to, sent. Values may be shown while another one is.
KERNEL_RUNNER_API std::ostream &begin_bundle();  // where the value's text goes
KERNEL_RUNNER_API void add_to_bundle(const std::string &mime, const std::string &data);
KERNEL_RUNNER_API void send_bundle(const char *kind, const char *name);
KERNEL_RUNNER_API void send_bundle(const char *kind, const char *name, const bundle &bundle);

template <class T>
void add_representations(const T &value) {
    auto given = mime_bundle_repr(value);
    if constexpr (is_json<decltype(given)>::value) {
        for (const auto &item : given.items())
            add_to_bundle(item.key(), item.value().is_string()
                                          ? item.value().template get<std::string>()
                                          : item.value().dump());
    } else {
        for (const auto &item : given)
            add_to_bundle(item.first, item.second);
    }
}

template <class T>
void send(const char *kind, const char *name, const T &value) {
    put(begin_bundle(), value);
    if constexpr (has_bundle<T>::value)
        add_representations(value);
    send_bundle(kind, name);
}

}  // namespace kernel_runner
