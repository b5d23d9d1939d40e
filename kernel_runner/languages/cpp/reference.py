"""Where cppreference.com, the reference that everyone has open, describes a name."""

from __future__ import annotations

import re
from typing import Any

SITE = "https://en.cppreference.com"
# The folders of its pages, and the names in each.
FOLDERS = {
    "container": "array deque flat_map flat_set forward_list list map mdspan multimap multiset "
    "priority_queue queue set span stack unordered_map unordered_multimap unordered_multiset "
    "unordered_set vector",
    "string": "basic_string",
    "string/basic_string": "stod stof stoi stol stoul to_string",
    "memory": "addressof allocator make_shared shared_ptr unique_ptr weak_ptr",
    "utility": "any bitset exchange expected format forward initializer_list make_pair move "
    "optional pair swap tuple variant",
    "utility/functional": "bind function hash invoke less greater reference_wrapper",
    "utility/variant": "visit monostate",
    "utility/tuple": "apply make_tuple tie",
    "algorithm": "accumulate all_of any_of binary_search copy count count_if equal fill find "
    "find_if for_each generate inner_product iota is_sorted lower_bound max max_element merge min "
    "min_element minmax none_of nth_element partial_sort partition reduce remove remove_if replace "
    "reverse rotate sample shuffle sort stable_sort transform unique upper_bound",
    "io": "cin cout cerr clog basic_ostream basic_istream fstream ifstream ofstream println print",
    "io/manip": "endl setw setprecision fixed hex boolalpha quoted",
    "thread": "async atomic barrier condition_variable future jthread latch lock_guard mutex "
    "packaged_task promise scoped_lock semaphore shared_mutex thread unique_lock",
    "error": "exception runtime_error logic_error invalid_argument out_of_range",
    "numeric/math": "abs acos asin atan ceil cos exp floor log pow round sin sqrt tan",
    "numeric/random": "mt19937 random_device uniform_int_distribution normal_distribution",
    "numeric": "complex gcd lcm",
    "chrono": "duration time_point system_clock steady_clock",
    "filesystem": "path directory_iterator",
    "regex": "basic_regex regex_match regex_replace regex_search",
    "ranges": "views iota_view filter_view transform_view",
    "types": "numeric_limits is_same decay enable_if",
}
PAGES = {name: f"{folder}/{name}" for folder, names in FOLDERS.items() for name in names.split()}
OTHERS = {"string": "string/basic_string", "string_view": "string/basic_string_view"}
NAME_BEFORE, NAME_AFTER = re.compile(r"[\w:]*\Z"), re.compile(r"\A\w*")


def page_about(name: str) -> dict[str, Any]:
    """A MIME bundle with a link to what there is about a name."""
    parts = [part for part in name.split("::") if part and part != "std"]
    first = parts[0] if parts else name
    page = OTHERS.get(first) or PAGES.get(parts[-1] if parts else name) or PAGES.get(first)
    if page and len(parts) > 1 and page == PAGES.get(first) and first in FOLDERS["container"]:
        page = f"{page}/{parts[1]}"
    address = f"{SITE}/w/cpp/{page}" if page else f"{SITE}/mwiki/index.php?search={name}"
    link = f'<a href="{address}" target="_blank" rel="noopener">{name}: {address}</a>'
    return {"text/plain": f"{name}: {address}", "text/html": link}


def word_at(code: str, cursor: int) -> str:
    """The qualified name at a cursor."""
    before = NAME_BEFORE.search(code[:cursor])
    after = NAME_AFTER.search(code[cursor:])
    return (before[0] if before else "") + (after[0] if after else "")
