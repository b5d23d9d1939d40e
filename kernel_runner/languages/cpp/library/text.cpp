// Values as text: what needs no compiling in each cell.
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include <kernel_runner/value.hpp>

namespace kernel_runner {

static void replace(std::string &text, const std::string &before, const std::string &after) {
    for (auto at = text.find(before); at != std::string::npos;
         at = text.find(before, at + after.size()))
        text.replace(at, before.size(), after);
}

std::string type_in(const char *signature) {
    std::string text = signature;
    auto begin = text.find("T = ") + 4;
    return text.substr(begin, text.rfind(']') - begin);
}

std::string tidy(std::string name) {
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

void put_type(std::ostream &out, const char *signature) {
    out << tidy(type_in(signature));
}

void put_address(std::ostream &out, const volatile void *address) {
    if (address)
        out << const_cast<const void *>(address);
    else
        out << "nullptr";
}

static void put_escaped(std::ostream &out, std::uint32_t code, char quote) {
    static const char escapes[] = "a\ab\bt\tn\nv\vf\fr\r";
    for (const char *escape = escapes; *escape; escape += 2)
        if (static_cast<std::uint32_t>(escape[1]) == code) {
            out << '\\' << *escape;
            return;
        }
    if (code < 32 || code == 127) {
        out << "\\x" << "0123456789abcdef"[code >> 4] << "0123456789abcdef"[code & 15];
        return;
    }
    if (code == static_cast<std::uint32_t>(quote) || code == '\\')
        out << '\\';
    out << static_cast<char>(code);
}

static void put_code_point(std::ostream &out, std::uint32_t code, char quote) {
    if (code < 128)
        put_escaped(out, code, quote);
    else if (code < 0x800)
        out << static_cast<char>(0xC0 | code >> 6) << static_cast<char>(0x80 | (code & 63));
    else if (code < 0x10000)
        out << static_cast<char>(0xE0 | code >> 12) << static_cast<char>(0x80 | (code >> 6 & 63))
            << static_cast<char>(0x80 | (code & 63));
    else
        out << static_cast<char>(0xF0 | code >> 18) << static_cast<char>(0x80 | (code >> 12 & 63))
            << static_cast<char>(0x80 | (code >> 6 & 63)) << static_cast<char>(0x80 | (code & 63));
}

template <class C>
void put_characters(std::ostream &out, const C *begin, const C *end, char quote) {
    out << quote;
    for (; begin != end; ++begin) {
        if (sizeof(C) == 1) {  // UTF-8 as it is
            auto byte = static_cast<unsigned char>(*begin);
            if (byte < 128)
                put_escaped(out, byte, quote);
            else
                out << static_cast<char>(byte);
            continue;
        }
        auto code = static_cast<std::uint32_t>(*begin);
        if (sizeof(C) == 2 && code >> 10 == 54 && begin + 1 != end)
            code = 0x10000 + ((code & 1023) << 10) + (static_cast<std::uint32_t>(*++begin) & 1023);
        put_code_point(out, code, quote);
    }
    out << quote;
}

template <class C>
void put_c_string(std::ostream &out, const C *string) {
    if (!string) {
        out << "nullptr";
        return;
    }
    const C *end = string;
    while (*end)
        ++end;
    put_characters(out, string, end, '"');
}

// As few digits as tell it from its neighbours.
template <class T>
static void put_shortest(std::ostream &out, T value, int fewest, int most) {
    char text[64];
    for (int digits = fewest; digits <= most; digits++) {
        std::snprintf(text, sizeof text, "%.*Lg", digits, static_cast<long double>(value));
        if (static_cast<T>(std::strtold(text, nullptr)) == value)
            break;
    }
    out << text;
}

void put_floating(std::ostream &out, float value) {
    put_shortest(out, value, 6, 9);
}

void put_floating(std::ostream &out, double value) {
    put_shortest(out, value, 15, 17);
}

void put_floating(std::ostream &out, long double value) {
    put_shortest(out, value, 18, 21);
}

#define INSTANTIATE(C)                                                                             \
    template void put_characters(std::ostream &, const C *, const C *, char);                      \
    template void put_c_string(std::ostream &, const C *);
INSTANTIATE(char)
INSTANTIATE(wchar_t)
INSTANTIATE(char16_t)
INSTANTIATE(char32_t)
#ifdef __cpp_char8_t
INSTANTIATE(char8_t)
#endif

#define INSTANTIATE_VALUE(T) template KERNEL_RUNNER_API void put<T>(std::ostream &, T const &);
KERNEL_RUNNER_COMMON(INSTANTIATE_VALUE)

}  // namespace kernel_runner
