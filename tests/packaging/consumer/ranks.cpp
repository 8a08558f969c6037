// SPDX-License-Identifier: BSL-1.0
// Links metapool::mpi.
#include <metapool/mpi/ranks.hpp>

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  metapool::detail::all_or_none(MPI_COMM_WORLD, [] {});
  MPI_Finalize();
  return 0;
}
