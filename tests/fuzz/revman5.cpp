// SPDX-License-Identifier: BSL-1.0
// libFuzzer: whatever the bytes, parse_revman5 reads them or throws metapool::input_error; and what it reads can be verified without a throw.
//
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -DMETAPOOL_FUZZ -Iinclude tests/fuzz/revman5.cpp -o fuzz_revman5
//     mkdir found && ./fuzz_revman5 found tests/fuzz/corpus/revman5
#if defined(METAPOOL_FUZZ)

#include <metapool/data/revman5.hpp>
#include <metapool/report/verify.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  metapool::revman_review<> review;
  try {
    review = metapool::parse_revman5({reinterpret_cast<const char*>(data), size});
  } catch (const metapool::input_error&) {
    return 0;
  }
  // From here on nothing may throw.
  const auto v = metapool::verify(review);
  if (metapool::summary(v, true).empty()) std::abort();
  for (const auto& n : v.numbers) {
    if (!(n.digits >= 0 && n.digits <= 15)) std::abort();
  }
  return 0;
}

#endif
