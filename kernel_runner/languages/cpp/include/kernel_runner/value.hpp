// A value as text. What a type can do decides how, and not its name, so that none of the
// headers with optional, variant, memory and chrono is needed here. All of it is hidden: how a
// type is shown may change from cell to cell, and each has its own idea of it.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "type.hpp"

namespace kernel_runner __attribute__((visibility("hidden"))) {

constexpr std::size_t most_elements = 1000;

template <class T>
void put(std::ostream &out, const T &value);

// -- what a type can do --------------------------------------------------------------------------

template <class...>
using always_void = void;

#define KERNEL_RUNNER_CAN(NAME, ...)                                                               \
    template <class T, class = void>                                                               \
    struct NAME : std::false_type {};                                                              \
    template <class T>                                                                             \
    struct NAME<T, always_void<__VA_ARGS__>> : std::true_type {};

template <class T>
const T &some();

KERNEL_RUNNER_CAN(is_streamable, decltype(std::declval<std::ostream &>() << some<T>()))
KERNEL_RUNNER_CAN(is_range, decltype(std::begin(some<T>()) != std::end(some<T>())),
                  decltype(*std::begin(some<T>())))
// A range of its own kind, as JSON is: its elements have no end.
KERNEL_RUNNER_CAN(is_endless, std::enable_if_t<std::is_same<
                                  T, std::decay_t<decltype(*std::begin(some<T>()))>>::value>)
KERNEL_RUNNER_CAN(is_map, typename T::key_type, typename T::mapped_type)
KERNEL_RUNNER_CAN(is_text, typename T::value_type, typename T::traits_type,
                  decltype(some<T>().data() + some<T>().size()))
KERNEL_RUNNER_CAN(is_tuple, decltype(std::tuple_size<T>::value))
KERNEL_RUNNER_CAN(is_variant, decltype(some<T>().valueless_by_exception()))
KERNEL_RUNNER_CAN(is_optional, decltype(some<T>().has_value() ? *some<T>() : *some<T>()))
KERNEL_RUNNER_CAN(is_smart_pointer, typename T::element_type, decltype(some<T>().get()),
                  decltype(*some<T>()))
KERNEL_RUNNER_CAN(is_duration, typename T::period, typename T::rep, decltype(some<T>().count()))
KERNEL_RUNNER_CAN(is_exception, decltype(some<T>().what()))
KERNEL_RUNNER_CAN(is_callable, decltype(&T::operator()))
KERNEL_RUNNER_CAN(is_atomic, typename T::value_type, decltype(some<T>().load()))

#undef KERNEL_RUNNER_CAN

template <class T>
struct is_character
    : std::integral_constant<bool, std::is_same<T, char>::value || std::is_same<T, wchar_t>::value ||
#ifdef __cpp_char8_t
                                       std::is_same<T, char8_t>::value ||
#endif
                                       std::is_same<T, char16_t>::value ||
                                       std::is_same<T, char32_t>::value> {
};

// -- characters ----------------------------------------------------------------------------------

// Characters in quotes, escaped where they must be; wide ones become UTF-8.
template <class C>
KERNEL_RUNNER_API void put_characters(std::ostream &out, const C *begin, const C *end, char quote);

// The same up to a NUL; or nullptr.
template <class C>
KERNEL_RUNNER_API void put_c_string(std::ostream &out, const C *string);

// -- things with parts ---------------------------------------------------------------------------

template <class T>
void put_range(std::ostream &out, const T &range) {
    std::size_t count = 0;
    out << '{';
    for (auto &&element : range) {
        if (count++ == most_elements) {
            out << ", ...";
            break;
        }
        if (count > 1)
            out << ", ";
        if constexpr (is_map<T>::value) {
            put(out, element.first);
            out << ": ";
            put(out, element.second);
        } else {
            put<std::remove_cv_t<std::remove_reference_t<decltype(element)>>>(out, element);
        }
    }
    out << '}';
}

template <class T, std::size_t... I>
void put_tuple(std::ostream &out, const T &tuple, std::index_sequence<I...>) {
    using std::get;
    const char *between = "";
    out << '(';
    int each[] = {0, ((out << between, put(out, get<I>(tuple)), between = ", "), 0)...};
    static_cast<void>(each);
    out << ')';
}

template <class Period>
const char *unit_of() {
    constexpr auto parts = Period::den, whole = Period::num;
    return whole == 1 && parts == 1            ? "s"
           : whole == 1 && parts == 1000       ? "ms"
           : whole == 1 && parts == 1000000    ? "us"
           : whole == 1 && parts == 1000000000 ? "ns"
           : whole == 60 && parts == 1         ? "min"
           : whole == 3600 && parts == 1       ? "h"
           : whole == 86400 && parts == 1      ? "d"
                                               : " units";
}

// The public members of a class that a cell has defined: the kernel writes a function for each
// such class, kernel_runner_members(visit, object), that calls visit(name, member).
struct ignores {
    template <class T>
    void operator()(const char *, const T &) const {}
};

template <class T, class = void>
struct has_members : std::false_type {};
template <class T>
struct has_members<T, always_void<decltype(kernel_runner_members(ignores(), some<T>()))>>
    : std::true_type {};

template <class T>
void put_members(std::ostream &out, const T &value) {
    const char *between = "";
    auto visit = [&](const char *name, const auto &member) {
        out << between << '.' << name << " = ";
        put(out, member);
        between = ", ";
    };
    put_type(out, signature_with<T>());
    out << '{';
    kernel_runner_members(visit, value);
    out << '}';
}

// -- any value -----------------------------------------------------------------------------------

KERNEL_RUNNER_API void put_address(std::ostream &out, const volatile void *address);

template <class T>
void put_pointer(std::ostream &out, T *pointer) {
    if (!pointer) {
        out << "nullptr";
    } else if constexpr (std::is_function<T>::value) {
        put_type(out, signature_with<T *>());
        out << " @";
        put_address(out, reinterpret_cast<const void *>(pointer));
    } else {
        put_address(out, pointer);
    }
}

KERNEL_RUNNER_API void put_floating(std::ostream &out, float value);
KERNEL_RUNNER_API void put_floating(std::ostream &out, double value);
KERNEL_RUNNER_API void put_floating(std::ostream &out, long double value);

template <class T>
void put_scalar(std::ostream &out, const T &value) {
    if constexpr (std::is_same<T, bool>::value)
        out << (value ? "true" : "false");
    else if constexpr (is_character<T>::value)
        put_characters(out, &value, &value + 1, '\'');
    else if constexpr (std::is_same<T, std::nullptr_t>::value)
        out << "nullptr";
    else if constexpr (std::is_floating_point<T>::value)
        put_floating(out, value);
    else if constexpr (sizeof(T) == 1)  // std::int8_t is a number
        out << +value;
    else
        out << value;
}

template <class T>
void put_sum(std::ostream &out, const T &value) {
    if constexpr (is_variant<T>::value) {
        if (value.valueless_by_exception())
            out << "valueless";
        else
            visit([&](const auto &held) { put(out, held); }, value);
    } else if constexpr (is_optional<T>::value) {
        if (value.has_value())
            put(out, *value);
        else
            out << "nullopt";
    } else if (!value) {
        out << "nullptr";
    } else {
        out << "-> ";
        put(out, *value);
    }
}

template <class T>
void put(std::ostream &out, const T &value) {
    if constexpr (std::is_array<T>::value) {
        if constexpr (is_character<std::remove_cv_t<std::remove_extent_t<T>>>::value)
            put_c_string(out, &value[0]);
        else
            put_range(out, value);
    } else if constexpr (std::is_function<T>::value) {
        put_pointer(out, &value);
    } else if constexpr (std::is_pointer<T>::value) {
        if constexpr (is_character<std::remove_cv_t<std::remove_pointer_t<T>>>::value)
            put_c_string(out, value);
        else
            put_pointer(out, value);
    } else if constexpr (std::is_arithmetic<T>::value || std::is_same<T, std::nullptr_t>::value ||
                         is_character<T>::value) {
        put_scalar(out, value);
    } else if constexpr (is_text<T>::value) {
        put_characters(out, value.data(), value.data() + value.size(), '"');
    } else if constexpr (is_variant<T>::value || is_optional<T>::value ||
                         is_smart_pointer<T>::value) {
        put_sum(out, value);
    } else if constexpr (is_streamable<T>::value &&
                         (!std::is_convertible<T, bool>::value || is_endless<T>::value)) {
        out << value;
    } else if constexpr (std::is_enum<T>::value) {
        out << '(';
        put_type(out, signature_with<T>());
        out << ") ";
        put_scalar(out, static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (is_range<T>::value && !is_endless<T>::value) {
        put_range(out, value);
    } else if constexpr (is_tuple<T>::value) {
        put_tuple(out, value, std::make_index_sequence<std::tuple_size<T>::value>());
    } else if constexpr (is_duration<T>::value) {
        out << value.count() << unit_of<typename T::period>();
    } else if constexpr (is_exception<T>::value) {
        put_type(out, signature_with<T>());
        out << ": " << value.what();
    } else if constexpr (is_atomic<T>::value) {
        put(out, value.load());
    } else if constexpr (is_streamable<T>::value && !is_callable<T>::value) {
        out << value;
    } else if constexpr (has_members<T>::value) {
        put_members(out, value);
    } else {
        put_type(out, signature_with<T>());
        out << " @";
        put_address(out, &value);
    }
}

// Values that are compiled into the library.
#define KERNEL_RUNNER_COMMON(EACH)                                                                 \
    EACH(bool)                                                                                     \
    EACH(char)                                                                                     \
    EACH(int)                                                                                      \
    EACH(unsigned)                                                                                 \
    EACH(long)                                                                                     \
    EACH(unsigned long)                                                                            \
    EACH(long long)                                                                                \
    EACH(unsigned long long)                                                                       \
    EACH(float)                                                                                    \
    EACH(double)                                                                                   \
    EACH(const char *)                                                                             \
    EACH(std::string)

#define KERNEL_RUNNER_ELSEWHERE(T)                                                                 \
    extern template KERNEL_RUNNER_API void put<T>(std::ostream &, T const &);
KERNEL_RUNNER_COMMON(KERNEL_RUNNER_ELSEWHERE)
#undef KERNEL_RUNNER_ELSEWHERE

}  // namespace kernel_runner
