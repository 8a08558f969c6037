// SPDX-License-Identifier: BSL-1.0
// Fisher's noncentral hypergeometric distribution lies with the tables of data/, where models reach it too.
#pragma once

#include <metapool/data/table_margins.hpp>
