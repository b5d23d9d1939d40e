// Running a cell, and telling the host of what comes of it.
#include <cxxabi.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <list>
#include <sstream>
#include <typeinfo>

#include <kernel_runner/cell.hpp>

namespace kernel_runner {

// -- bundles -------------------------------------------------------------------------------------

namespace {

struct shown {
    std::ostringstream text;
    bundle more;
};

thread_local std::list<shown> being_shown;

// What base64 text stands for; other text, such as the bytes of a picture, as it is.
std::string decoded(const std::string &text) {
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

bool is_picture(const std::string &mime) {
    return mime.compare(0, 6, "image/") == 0 && mime != "image/svg+xml";
}

}  // namespace

std::ostream &begin_bundle() {
    being_shown.emplace_back();
    return being_shown.back().text;
}

void add_to_bundle(const std::string &mime, const std::string &data) {
    being_shown.back().more.emplace_back(mime, data);
}

void send_bundle(const char *kind, const char *name, const bundle &bundle) {
    std::vector<std::string> data;
    std::vector<kernel_runner_mime> mimes;
    for (const auto &item : bundle)
        data.push_back(is_picture(item.first) ? decoded(item.second) : item.second);
    for (std::size_t i = 0; i < data.size(); i++)
        mimes.push_back({bundle[i].first.c_str(), data[i].data(), data[i].size()});
    kernel_runner_display(kind, name, "", mimes.data(), mimes.size());
}

void send_bundle(const char *kind, const char *name) {
    auto &shown = being_shown.back();
    bool has_text = false;
    for (const auto &item : shown.more)
        has_text |= item.first == "text/plain";
    if (!has_text)
        shown.more.emplace_back("text/plain", shown.text.str());
    send_bundle(kind, name, shown.more);
    being_shown.pop_back();
}

// -- how a cell goes -----------------------------------------------------------------------------

static std::string demangled(const char *mangled) {
    int status = 0;
    char *readable = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
    std::string text = readable ? readable : mangled;
    std::free(readable);
    return text;
}

bool made_with(const char *name, const char *text, int number) {
    static const std::string before = "kernel_runner::as<";
    std::string type = demangled(text);
    if (type.compare(0, before.size(), before) == 0)
        type = type.substr(before.size(), type.rfind('>') - before.size());
    else
        type = type_in(text);
    kernel_runner_variable(name, type.c_str());
    kernel_runner_kept(number);
    return true;
}

static void fail_with(const std::string &message) {
    std::string name = "exception";
    if (const std::type_info *type = abi::__cxa_current_exception_type())
        name = tidy(demangled(type->name()));
    kernel_runner_fail(name.c_str(), message.c_str());
}

// Tells the host of the exception that is being handled.
static void fail() {
    try {
        throw;
    } catch (const std::exception &exception) {
        fail_with(exception.what());
    } catch (const std::string &thrown) {
        fail_with(thrown);
    } catch (const char *thrown) {
        fail_with(thrown);
    } catch (int thrown) {
        fail_with(std::to_string(thrown));
    } catch (...) {
        fail_with("");
    }
}

// An exception has left a thread or a noexcept function: the process will end.
[[noreturn]] static void terminated() {
    if (std::current_exception())
        fail();
    std::abort();
}

static void flush() {
    std::cout.flush();
    std::clog.flush();
}

void run(const initialiser *first, const initialiser *last) {
    being_shown.clear();
    std::clearerr(stdin);  // the end of the file was for the cell that met it
    std::cin.clear();
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
