// SPDX-License-Identifier: BSL-1.0
// The smallest program that shows that the headers are found and that they are the right ones. METAPOOL_CONSUMER_TAKES_ALL: with all of them.
#if defined(METAPOOL_CONSUMER_TAKES_ALL)
#include <metapool/metapool.hpp>
#endif
#include <metapool/data/binary_trial.hpp>
#include <metapool/math/parallel.hpp>
#include <metapool/version.hpp>

#include <boost/math/distributions/normal.hpp>
#include <atomic>
#include <cstddef>
#include <cstdio>

int main() {
  std::atomic<int> done{0};
  metapool::detail::parallel_for(3, 2, [&](std::size_t) { ++done; }, 1);  // threads are linked
  if (done.load() != 3) return 1;
  const metapool::binary_trial<> trial{.label = "A", .treated = {.events = 1, .total = 12}, .control = {.events = 7, .total = 12}};
  metapool::check(trial, "consumer");
  const auto t = metapool::table_of(trial);
  std::printf("metapool %s: %.0f of %.0f\n", metapool::version, t.a + t.c, t.total());
  return boost::math::cdf(boost::math::normal{}, 0.0) == 0.5 ? 0 : 1;
}
