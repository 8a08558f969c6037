// SPDX-License-Identifier: BSL-1.0
// Windows' headers define min and max as macros. Our headers must say (std::max)(a, b) and (limits::max)(), which no macro takes for a call.
// Headers of others come first: they are not what is tested here.
#include "other_headers.hpp"

#define min(...) ) write_min_in_brackets
#define max(...) ) write_max_in_brackets
#include "all_headers.hpp"

int main() {}
