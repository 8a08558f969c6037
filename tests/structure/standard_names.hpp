// SPDX-License-Identifier: BSL-1.0
// Whether each header brings in what it names: for every std:: name a header of the standard that has it, for Eigen:: Eigen. What our headers
// include counts. It stands in for compiling each header without anything before it, at a hundredth of the time.
#pragma once

#include "structure/include_rules.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace metapool_test {

/// Per header of the standard the names that it is included for. A name may stand under several: each of them will do.
inline const std::map<std::string, std::vector<std::string>>& names_of_standard_headers() {
  static const std::map<std::string, std::vector<std::string>> result{
      {"algorithm", {"all_of",      "any_of",  "clamp",   "copy",       "copy_n",      "count",           "count_if",        "equal",       "equal_range", "fill",
                     "fill_n",      "find",    "find_if", "find_if_not", "for_each",   "generate",        "is_sorted",       "lexicographical_compare",
                     "lower_bound", "max",     "max_element", "merge",  "min",         "min_element",     "minmax",          "minmax_element", "move_backward",
                     "mismatch",    "next_permutation", "none_of", "nth_element", "partial_sort", "partition", "partition_point", "prev_permutation", "remove",
                     "remove_if",   "replace", "reverse", "rotate",     "search",      "sort",            "stable_partition", "stable_sort", "swap_ranges",
                     "transform",   "unique",  "upper_bound", "adjacent_find", "binary_search", "set_difference", "set_intersection", "is_permutation",
                     "make_heap",   "push_heap", "pop_heap", "sort_heap"}},
      {"array", {"array", "begin", "data", "end", "get", "size", "to_array", "tuple_size_v"}},
      {"atomic", {"atomic", "atomic_flag", "memory_order_acquire", "memory_order_relaxed", "memory_order_release"}},
      {"bit", {"bit_cast", "bit_width", "countl_zero", "countr_zero", "endian", "has_single_bit", "popcount", "rotl", "rotr", "bit_ceil", "bit_floor"}},
      {"cctype", {"isalnum", "isalpha", "isdigit", "isspace", "tolower", "toupper"}},
      {"charconv", {"chars_format", "errc", "from_chars", "from_chars_result", "to_chars", "to_chars_result"}},
      {"cerrno", {}},
      {"chrono", {"chrono"}},
      {"climits", {}},
      {"clocale", {"lconv", "localeconv", "setlocale"}},
      {"cmath", {"abs",   "acos",  "acosh", "asin",  "asinh", "atan",  "atan2", "atanh", "cbrt",  "ceil",     "copysign", "cos",   "cosh",  "erf",
                 "erfc",  "exp",   "exp2",  "expm1", "fabs",  "floor", "fma",   "fmax",  "fmin",  "fmod",     "nan", "frexp",    "hypot", "isfinite", "isinf",
                 "isnan", "ldexp", "lgamma", "log",  "log10", "log1p", "log2",  "llround", "lround", "modf", "nearbyint", "nextafter", "pow", "rint", "round",
                 "signbit", "sin", "sinh",  "sqrt",  "tan",   "tanh",  "tgamma", "trunc", "scalbn", "ilogb", "logb"}},
      {"compare", {"strong_ordering", "weak_ordering", "partial_ordering"}},
      {"complex", {"complex"}},
      {"concepts", {"assignable_from", "constructible_from", "convertible_to", "copyable", "derived_from", "floating_point", "integral", "invocable",
                    "regular", "same_as", "semiregular", "signed_integral", "unsigned_integral", "default_initializable"}},
      {"condition_variable", {"condition_variable"}},
      {"cstddef", {"byte", "max_align_t", "nullptr_t", "ptrdiff_t", "size_t"}},
      {"cstdint", {"int16_t", "int32_t", "int64_t", "int8_t", "intptr_t", "uint16_t", "uint32_t", "uint64_t", "uint8_t", "uintmax_t", "uintptr_t", "int_fast32_t",
                   "uint_fast32_t", "intmax_t"}},
      {"cstdio", {"FILE", "fclose", "ferror", "fflush", "fgets", "fopen", "fprintf", "fputs", "fread", "fseek", "ftell", "fwrite", "feof", "getc", "putc", "puts", "printf",
                  "remove", "rename", "setvbuf", "size_t", "snprintf", "tmpfile", "fputc", "fgetc"}},
      {"cstdlib", {"abs", "abort", "calloc", "exit", "free", "getenv", "malloc", "realloc", "size_t", "strtod", "strtof", "strtol", "strtold", "strtoull", "aligned_alloc"}},
      {"cstring", {"memchr", "memcmp", "memcpy", "memmove", "memset", "size_t", "strcmp", "strerror", "strlen", "strncmp"}},
      {"ctime", {"time", "time_t", "tm", "gmtime", "strftime"}},
      {"deque", {"deque", "begin", "end", "size", "erase_if"}},
      {"exception", {"current_exception", "exception", "exception_ptr", "rethrow_exception", "uncaught_exceptions", "terminate", "make_exception_ptr"}},
      {"filesystem", {"filesystem"}},
      {"fstream", {"ifstream", "ofstream", "fstream", "ios"}},
      {"functional", {"cref", "equal_to", "function", "greater", "hash", "identity", "invoke", "less", "multiplies", "plus", "ref", "reference_wrapper", "less_equal"}},
      {"future", {"async", "future", "promise"}},
      {"initializer_list", {"initializer_list", "begin", "end"}},
      {"iterator", {"advance", "back_inserter", "begin", "data", "distance", "empty", "end", "forward_iterator_tag", "input_iterator_tag", "iterator_traits", "make_move_iterator", "next",
                    "prev", "random_access_iterator", "random_access_iterator_tag", "rbegin", "rend", "reverse_iterator", "size", "ssize", "input_iterator",
                    "forward_iterator", "contiguous_iterator"}},
      {"limits", {"numeric_limits"}},
      {"list", {"list"}},
      {"map", {"map", "multimap", "erase_if", "begin", "end", "size"}},
      {"memory", {"addressof", "allocator", "enable_shared_from_this", "make_shared", "make_unique", "shared_ptr", "unique_ptr", "weak_ptr", "to_address", "construct_at",
                  "assume_aligned", "destroy_at"}},
      {"mutex", {"call_once", "lock_guard", "mutex", "once_flag", "scoped_lock", "unique_lock"}},
      {"new", {"align_val_t", "bad_alloc", "hardware_destructive_interference_size", "launder", "nothrow"}},
      {"numbers", {"numbers"}},
      {"numeric", {"accumulate", "adjacent_difference", "exclusive_scan", "gcd", "inclusive_scan", "inner_product", "iota", "lcm", "midpoint", "partial_sum", "reduce",
                   "transform_reduce"}},
      {"optional", {"bad_optional_access", "in_place", "make_optional", "nullopt", "nullopt_t", "optional"}},
      {"queue", {"queue", "priority_queue"}},
      {"random", {"uniform_random_bit_generator", "mt19937", "mt19937_64", "random_device"}},
      {"ranges", {"ranges", "views"}},
      {"ratio", {"ratio"}},
      {"set", {"set", "multiset", "erase_if"}},
      {"source_location", {"source_location"}},
      {"span", {"as_bytes", "as_writable_bytes", "begin", "data", "dynamic_extent", "end", "size", "span"}},
      {"sstream", {"istringstream", "ostringstream", "stringstream"}},
      {"stdexcept", {"domain_error", "exception", "invalid_argument", "length_error", "logic_error", "out_of_range", "overflow_error", "range_error", "runtime_error", "underflow_error"}},
      {"string", {"basic_string", "begin", "char_traits", "data", "end", "erase_if", "getline", "hash", "initializer_list", "size", "stod", "stoi", "stol", "string", "to_string",
                  "u8string", "swap"}},
      {"string_view", {"basic_string_view", "begin", "end", "hash", "size", "string_view"}},
      {"system_error", {"errc", "error_code", "generic_category", "make_error_code", "system_category", "system_error"}},
      {"thread", {"jthread", "this_thread", "thread"}},
      {"tuple", {"apply", "forward_as_tuple", "get", "ignore", "make_tuple", "tie", "tuple", "tuple_element_t", "tuple_size", "tuple_size_v"}},
      {"type_traits", {"add_const_t", "common_type_t", "conditional_t", "decay_t", "enable_if_t", "false_type", "integral_constant", "invoke_result_t", "is_arithmetic_v",
                       "is_base_of_v", "is_class_v", "is_const_v", "is_constant_evaluated", "is_constructible_v", "is_convertible_v", "is_empty_v", "is_enum_v",
                       "is_floating_point_v", "is_integral_v", "is_invocable_r_v", "is_invocable_v", "is_nothrow_move_constructible_v", "is_pointer_v", "is_same_v",
                       "is_signed_v", "is_trivially_copyable_v", "is_unsigned_v", "is_void_v", "make_signed_t", "make_unsigned_t", "remove_const_t", "remove_cv_t", "remove_cvref_t",
                       "remove_reference_t", "true_type", "type_identity_t", "underlying_type_t", "void_t", "is_copy_constructible_v", "is_default_constructible_v",
                       "conjunction_v", "disjunction_v", "negation_v", "bool_constant", "remove_pointer_t", "add_pointer_t", "is_aggregate_v", "is_lvalue_reference_v"}},
      {"unordered_map", {"unordered_map", "begin", "end", "size", "erase_if"}},
      {"unordered_set", {"unordered_set"}},
      {"utility", {"as_const", "declval", "exchange", "forward", "get", "index_sequence", "index_sequence_for", "initializer_list", "integer_sequence", "make_index_sequence", "make_pair", "move",
                   "pair", "swap", "in_place_type", "in_range", "cmp_less", "piecewise_construct", "in_place", "tuple_size_v"}},
      {"variant", {"get", "get_if", "holds_alternative", "monostate", "variant", "variant_alternative_t", "variant_size", "variant_size_v", "visit"}},
      {"vector", {"begin", "data", "end", "erase", "erase_if", "initializer_list", "size", "vector"}}};
  return result;
}

/// The line without what stands behind //. (A text with // in it loses its end, which holds no name.)
inline std::string without_comment(const std::string& line) { return line.substr(0, line.find("//")); }

/// The names behind `space` ("std::") in a line, up to the next sign that is no letter, digit or underscore.
inline std::vector<std::string> names_in(const std::string& line, const std::string& space) {
  std::vector<std::string> names;
  const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = line.find(space); at != std::string::npos; at = line.find(space, at + 1)) {
    if (at > 0 && (letter(line[at - 1]) || line[at - 1] == ':')) continue;
    std::size_t end = at + space.size();
    while (end < line.size() && letter(line[end])) ++end;
    if (end > at + space.size()) names.push_back(line.substr(at + space.size(), end - at - space.size()));
  }
  return names;
}

/// Reads every header under `folder` (include/metapool) and says which names it uses without including what has them.
inline violations missing_includes(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  struct header {
    std::set<std::string> ours, others;
    std::map<std::string, std::size_t> names;  // std:: and Eigen:: names, with the first line of each
  };
  std::map<std::string, header> headers;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".hpp") continue;
    header& here = headers[fs::relative(entry.path(), folder).generic_string()];
    std::ifstream in(entry.path());
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
      const std::string include = included_name(line);
      if (starts_with(include, "<metapool/")) {
        here.ours.insert(include.substr(10));
      } else if (!include.empty()) {
        here.others.insert(include.substr(1));
      } else {
        const std::string code = without_comment(line);
        for (const std::string& name : names_in(code, "std::")) here.names.emplace("std::" + name, number);
        if (!names_in(code, "Eigen::").empty()) here.names.emplace("Eigen::", number);
      }
    }
  }

  std::map<std::string, std::vector<std::string>> providers;
  for (const auto& [name, all] : names_of_standard_headers()) {
    for (const std::string& one : all) providers["std::" + one].push_back(name);
  }
  providers["Eigen::"] = {"Eigen/Core", "Eigen/Dense"};

  violations found;
  for (const auto& [path, here] : headers) {
    std::set<std::string> reached, there;
    std::vector<std::string> open{path};
    while (!open.empty()) {
      const std::string next = open.back();
      open.pop_back();
      const auto known = headers.find(next);
      if (known == headers.end() || !reached.insert(next).second) continue;
      there.insert(known->second.others.begin(), known->second.others.end());
      open.insert(open.end(), known->second.ours.begin(), known->second.ours.end());
    }
    for (const auto& [name, line] : here.names) {
      const std::string place = path + ":" + std::to_string(line) + ": " + name;
      const auto known = providers.find(name);
      if (known == providers.end()) {
        found.push_back(place + " stands in no list of tests/structure/standard_names.hpp");
        continue;
      }
      const auto& any = known->second;
      if (std::any_of(any.begin(), any.end(), [&](const std::string& one) { return there.count(one) == 1; })) continue;
      found.push_back(place + " is used without <" + any.front() + ">");
    }
  }
  return found;
}

}  // namespace metapool_test
