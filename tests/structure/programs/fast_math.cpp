// SPDX-License-Identifier: BSL-1.0
#include <metapool/version.hpp>
int main() { return metapool::version[0] == '\0' ? 1 : 0; }
