// SPDX-License-Identifier: BSL-1.0
// libFuzzer: whatever the bytes, parse_csv reads them or throws metapool::error; and what it reads can be written and read again.
//
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -DMETAPOOL_FUZZ -Iinclude tests/fuzz/csv.cpp -o fuzz_csv
//     mkdir found && ./fuzz_csv found tests/fuzz/corpus/csv
//
// The first byte of a file chooses options and types; the rest is the text.
#if defined(METAPOOL_FUZZ)

#include <metapool/data/csv.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

template <class Trial>
void attempt(std::string_view text, const metapool::csv_options& options) {
  using columns = metapool::detail::trial_columns<Trial>;
  metapool::trial_table<Trial> table;
  try {
    table = metapool::parse_csv<Trial>(text, options);
  } catch (const metapool::error&) {
    return;
  }
  // From here on nothing may throw.
  const std::string written = metapool::to_csv(table);
  const auto again = metapool::parse_csv<Trial>(written, options);
  bool same = again.size() == table.size() && again.column_names() == table.column_names() && again.cells.characters == table.cells.characters &&
              again.cells.ends == table.cells.ends && metapool::to_csv(again) == written;
  for (std::size_t i = 0; same && i < table.size(); ++i) {
    same = table[i].label == again[i].label && columns::disassemble(table[i]) == columns::disassemble(again[i]);
  }
  if (!same) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  metapool::csv_options options;
  if ((data[0] & 1U) != 0) options.fractional = metapool::fractional_counts::allowed;
  if ((data[0] & 2U) != 0) options.delimiter = ';';
  if ((data[0] & 4U) != 0) options.decimal = ',';
  if ((data[0] & 8U) != 0) options.missing = {"?", "-9"};
  attempt<metapool::binary_trial<>>(text, options);
  attempt<metapool::continuous_trial<>>(text, options);
  if ((data[0] & 16U) == 0) return 0;
  attempt<metapool::rate_trial<>>(text, options);
  attempt<metapool::proportion<>>(text, options);
  attempt<metapool::rate<>>(text, options);
  attempt<metapool::group_mean<>>(text, options);
  attempt<metapool::correlation<>>(text, options);
  attempt<metapool::reliability<>>(text, options);
  attempt<metapool::matched_pairs<>>(text, options);
  attempt<metapool::pre_post<>>(text, options);
  attempt<metapool::pre_post_trial<>>(text, options);
  attempt<metapool::partial_correlation<>>(text, options);
  attempt<metapool::log_rank<>>(text, options);
  return 0;
}

#endif
