// SPDX-License-Identifier: BSL-1.0
// libFuzzer: whatever the bytes of the three files (parted by a line of '='), parse_revman_web reads them or throws metapool::input_error; and
// what it reads can be verified without a throw.
//
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -DMETAPOOL_FUZZ -Iinclude tests/fuzz/revman_web.cpp -o fuzz_revman_web
//     mkdir found && ./fuzz_revman_web found tests/fuzz/corpus/revman_web
#if defined(METAPOOL_FUZZ)

#include <metapool/data/revman_web.hpp>
#include <metapool/report/verify.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto part = [&] {
    const std::size_t end = rest.find("=\n");
    const std::string_view p = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 2);
    return p;
  };
  const std::string_view settings = part(), rows = part(), groups = part();
  metapool::revman_review<> review;
  try {
    review = metapool::parse_revman_web(settings, rows, groups);
  } catch (const metapool::input_error&) {
    return 0;
  }
  // From here on nothing may throw.
  const auto v = metapool::verify(review);
  if (metapool::summary(v, true).empty()) std::abort();
  return 0;
}

#endif
