// SPDX-License-Identifier: BSL-1.0
// libFuzzer: whatever the bytes, parse_csv<reported<>> reads them or throws metapool::error; what it reads is written and read again the same,
// and comes out of effect_sizes with a record of every study.
//
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -DMETAPOOL_FUZZ -Iinclude tests/fuzz/reported.cpp -o fuzz_reported
//     mkdir found && ./fuzz_reported found tests/fuzz/corpus/reported
#if defined(METAPOOL_FUZZ)

#include <metapool/data/csv.hpp>
#include <metapool/effect/reported_effects.hpp>
#include <metapool/report/plausible_effects.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace metapool;
  trial_table<reported<>> table;
  try {
    table = parse_csv<reported<>>({reinterpret_cast<const char*>(data), size});
  } catch (const error&) {
    return 0;
  }
  const auto again = parse_csv<reported<>>(to_csv(table));
  if (again.size() != table.size()) std::abort();
  try {
    const auto e = effect_sizes(table, measure_info{});
    if (e.audit.size() != table.size()) std::abort();
    (void)audit_plausibility(table, measure_info{});
  } catch (const input_error&) {  // squares and quotients of finite numbers may leave the range of double
  }
  return 0;
}

#endif
