// SPDX-License-Identifier: BSL-1.0
#include "all_headers.hpp"

const char* version_in_second_unit();
const char* version_in_second_unit() { return metapool::version; }
