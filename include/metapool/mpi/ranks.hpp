// SPDX-License-Identifier: BSL-1.0
// Work shared out over the ranks of MPI. Not part of metapool.hpp: needs an MPI library and the CMake target metapool::mpi.
#pragma once

#include <metapool/mpi/filter_file.hpp>
#include <metapool/mpi/gwas_jobs.hpp>
#include <metapool/mpi/simulate.hpp>
