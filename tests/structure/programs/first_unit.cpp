// SPDX-License-Identifier: BSL-1.0
// The first of two translation units that both include every header: whatever is defined in a header and not inline clashes at the link.
#include "all_headers.hpp"

const char* version_in_second_unit();

int main() { return metapool::version == version_in_second_unit() ? 0 : 1; }  // one object, not one a unit
