// SPDX-License-Identifier: BSL-1.0
// Batches beside a kernel that only reads their input, in one process, turn about: what remains of the memory's speed, in bytes read and written a second.
// metapool_batch                    columns of its own, 10 studies each
// metapool_batch --check            the same, and an error unless what is asked of an idle computer holds: a common effect at the speed of reading, DerSimonian-Laird at that of the slower
//                                   of memory and processor, that is of a kernel that only reads, tile by tile as the batch does, and of the same work on columns that the caches hold
// metapool_batch FILE STUDIES COLUMNS   y and v as raw doubles from a file (benchmarks/batch/numpy_peer.py writes it and reads the answers)
#include <metapool/batch/counts.hpp>
#include <metapool/batch/pool.hpp>
#include <metapool/batch/tile.hpp>
#include <metapool/math/pack.hpp>
#include <metapool/math/random.hpp>
#include <metapool/math/wide_pack.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <new>
#include <string>
#include <vector>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace {

namespace mp = metapool;

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double wall_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Large arrays in huge pages where Linux has them for the asking, as numpy's are: whoever keeps gigabytes would ask too.
template <class T>
struct huge_pages {
  using value_type = T;
  huge_pages() = default;
  template <class U>
  huge_pages(const huge_pages<U>&) {}
  T* allocate(std::size_t n) {
    constexpr std::size_t page = std::size_t{2} << 20;
    if (n > (std::size_t{1} << 40)) throw std::bad_alloc();
    const std::size_t bytes = (n * sizeof(T) + page - 1) / page * page;
    void* const at = std::aligned_alloc(page, bytes);
    if (at == nullptr) throw std::bad_alloc();
#ifdef __linux__
    if (n * sizeof(T) >= page) madvise(at, bytes, MADV_HUGEPAGE);
#endif
    return static_cast<T*>(at);
  }
  void deallocate(T* at, std::size_t) { std::free(at); }
  friend bool operator==(const huge_pages&, const huge_pages&) { return true; }
};

template <class T>
using array_of = std::vector<T, huge_pages<T>>;

struct work {
  std::string name;
  std::function<void()> run;
  bool wall = false;     // time by the clock on the wall, not the processor's
  double must = 0;       // what --check asks for: a share of the speed of reading, of the slower of reading and `beside`, or how many times as quick two threads are as one
  int beside = 0;        // which of the works is this one on columns that the caches hold
  std::size_t out = 0;   // how many numbers a column it writes
  std::vector<double> seconds{};
  double median() const {
    std::vector<double> sorted = seconds;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
    return sorted[sorted.size() / 2];
  }
  double least() const { return *std::min_element(seconds.begin(), seconds.end()); }
};

/// From the first number to the last, in the widest registers and several sums, so that the memory is all that it waits for.
template <class Real>
double read_all(const array_of<Real>& y, const array_of<Real>& v) {
  double total = 0;
  mp::detail::run_widest<Real>([&](auto bytes) __attribute__((always_inline)) {
    constexpr std::size_t n = decltype(bytes)::value / sizeof(Real);
    using pack = mp::detail::pack<Real, n>;
    for (const array_of<Real>* x : {&y, &v}) {
      const Real* const at = x->data();
      pack a, b, c, d, part;
      mp::detail::fill(a, Real(0));
      b = c = d = a;
      for (std::size_t i = 0; i + 4 * n <= x->size(); i += 4 * n) {
        mp::detail::load(part, at + i);
        a = a + part;
        mp::detail::load(part, at + i + n);
        b = b + part;
        mp::detail::load(part, at + i + 2 * n);
        c = c + part;
        mp::detail::load(part, at + i + 3 * n);
        d = d + part;
      }
      a = (a + b) + (c + d);
      for (std::size_t l = 0; l < n; ++l) total += static_cast<double>(a[l]);
    }
  });
  return total;
}

/// In the order in which the batch takes the numbers up: so many columns at a time, all their rows of both tables.
template <class Real>
double read_in_tiles(const array_of<Real>& y, const array_of<Real>& v, std::size_t k, std::size_t m) {
  double total = 0;
  mp::detail::run_widest<Real>([&](auto bytes) __attribute__((always_inline)) {
    constexpr std::size_t n = decltype(bytes)::value / sizeof(Real);
    using pack = mp::detail::pack<Real, n>;
    pack a, b, part;
    mp::detail::fill(a, Real(0));
    b = a;
    for (std::size_t c = 0; c + 2 * n <= m; c += 2 * n) {
      for (std::size_t i = 0; i < k; ++i) {
        for (const Real* x : {y.data() + i * m + c, v.data() + i * m + c}) {
          mp::detail::fetch_far<2 * n>(x);
          mp::detail::load(part, x);
          a = a + part;
          mp::detail::load(part, x + n);
          b = b + part;
        }
      }
    }
    a = a + b;
    for (std::size_t l = 0; l < n; ++l) total += static_cast<double>(a[l]);
  });
  return total;
}

/// The first few columns, whose input and answers the caches hold.
template <class Real>
array_of<Real> first_columns(const array_of<Real>& from, std::size_t k, std::size_t m, std::size_t few) {
  array_of<Real> to;
  for (std::size_t i = 0; i < k; ++i) to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(i * m), from.begin() + static_cast<std::ptrdiff_t>(i * m + few));
  return to;
}

/// Returns how many works are slower than asked.
template <class Real>
int measure(const char* type, const array_of<Real>& y, const array_of<Real>& v, std::size_t k, std::size_t m) {
  array_of<Real> columns[13];
  for (auto& c : columns) c.resize(m);
  auto& [estimate, se, lower, upper, statistic, p, lp, tau2, q, q_p, i2, h2, other] = columns;
  const mp::batch_view<Real> data{y, v, k, m};
  const mp::batch_columns<Real> two{.estimate = estimate, .se = se};
  const mp::batch_columns<Real> some{.estimate = estimate, .se = se, .tau2 = tau2, .q = q};
  const mp::batch_columns<Real> all{.estimate = estimate, .se = se, .lower = lower, .upper = upper, .statistic = statistic, .p = p, .tau2 = tau2, .q = q, .q_p = q_p, .i2 = i2, .h2 = h2};
  const std::size_t few = 2000, times = m / few;
  const array_of<Real> few_y = first_columns(y, k, m, few), few_v = first_columns(v, k, m, few);
  const mp::batch_view<Real> near{few_y, few_v, k, few};
  array_of<Real> near_columns[4];
  for (auto& c : near_columns) c.resize(few);
  const mp::batch_columns<Real> near_some{.estimate = near_columns[0], .se = near_columns[1], .tau2 = near_columns[2], .q = near_columns[3]};
  double sink = 0;
  std::vector<work> works;
  works.push_back({"reading the input", [&] { sink += read_all(y, v); }});
  works.push_back({"reading it tile by tile", [&] { sink += read_in_tiles(y, v, k, m); }});
  const bool large = m >= 500000 && sizeof(Real) == 8;
  const auto in_caches = [times](const auto& run) {
    return [times, run] {
      for (std::size_t i = 0; i < times; ++i) run();
    };
  };
  works.push_back({"common effect", [&] { mp::batch_common_effect(data, two); }, false, large ? 0.8 : 0, 0, 2});
  works.push_back({"DerSimonian-Laird, caches", in_caches([&] { mp::batch_random_effects(near, mp::dersimonian_laird{}, near_some); }), false, 0, 0, 4});
  works.push_back({"DerSimonian-Laird, Q", [&] { mp::batch_random_effects(data, mp::dersimonian_laird{}, some); }, false, large ? 0.75 : 0, 3, 4});
  works.push_back({"the same, every column", [&] { mp::batch_random_effects(data, mp::dersimonian_laird{}, all); }, false, 0, 0, 11});
  works.push_back({"Paule-Mandel", [&] { mp::batch_random_effects(data, mp::paule_mandel{}, some); }, false, 0, 0, 4});
  works.push_back({"REML", [&] { mp::batch_random_effects(data, mp::reml{}, some); }, false, 0, 0, 4});
  works.push_back({"REML, one thread, wall", [&] { mp::batch_random_effects(data, mp::reml{}, some); }, true});
  works.push_back({"REML, two threads, wall", [&] { mp::batch_random_effects(data, mp::reml{}, some, {.threads = 2}); }, true, large ? 1.8 : 0});
  const std::size_t runs = m >= 500000 ? 7 : 21;
  for (std::size_t r = 0; r <= runs; ++r) {
    for (work& w : works) {
      const auto now = w.wall ? wall_seconds : processor_seconds;
      const double start = now();
      w.run();
      if (r > 0) w.seconds.push_back(now() - start);  // the first warms up
    }
  }
  const double read = works[0].least(), alone = works[works.size() - 2].least();
  int slow = 0;
  std::printf("%s, %zu studies, %zu columns (sum %g)\n", type, k, m, sink > -1 ? std::floor(sink / sink) : 0);
  for (const work& w : works) {
    std::printf("  %-26s %9.1f ns a column", w.name.c_str(), 1e9 * w.least() / static_cast<double>(m));
    const double moved = static_cast<double>(2 * k + w.out) / static_cast<double>(2 * k);  // bytes in and out
    if (!w.wall) std::printf("  %6.2f of the speed of reading", moved * read / w.least());
    double share = (w.wall ? alone : moved * read) / w.least();
    if (w.beside > 0) {
      share = std::max(works[1].least(), works[static_cast<std::size_t>(w.beside)].least()) / w.least();
      std::printf("  %6.2f of what memory and processor allow", share);
    }
    if (w.must > 0) std::printf("  %s %.2f", share >= w.must ? "at least" : "BELOW", w.must);
    slow += w.must > 0 && share < w.must;
    std::printf("\n");
  }
  return slow;
}

template <class Real>
int made_up(const char* type, std::size_t k, std::size_t m) {
  array_of<Real> y(k * m), v(k * m);
  for (std::size_t c = 0; c < m; ++c) {
    mp::detail::random_stream r(1, c);
    const auto uniform = [&r] { return static_cast<double>(r() >> 11) * 0x1p-53; };
    const double tau2 = uniform() < 0.3 ? 0 : 0.05;
    for (std::size_t i = 0; i < k; ++i) {
      const double variance = 0.01 * std::pow(30, uniform());
      double z = -6;
      for (int j = 0; j < 12; ++j) z += uniform();
      v[i * m + c] = static_cast<Real>(variance);
      y[i * m + c] = static_cast<Real>(0.2 + std::sqrt(variance + tau2) * z);
    }
  }
  return measure(type, y, v, k, m);
}

/// For the script: medians and sums of the answers, a line each.
int from_file(const char* name, std::size_t k, std::size_t m) {
  array_of<double> y(k * m), v(k * m);
  std::ifstream in(name, std::ios::binary);
  const auto bytes = static_cast<std::streamsize>(k * m * sizeof(double));
  if (!in.read(reinterpret_cast<char*>(y.data()), bytes) || !in.read(reinterpret_cast<char*>(v.data()), bytes)) {
    std::fprintf(stderr, "metapool_batch: %s does not hold 2 x %zu x %zu doubles\n", name, k, m);
    return 1;
  }
  array_of<double> estimate(m), se(m), tau2(m), q(m);
  const mp::batch_view<double> data{y, v, k, m};
  const mp::batch_columns<double> some{.estimate = estimate, .se = se, .tau2 = tau2, .q = q};
  const auto timed = [&](const char* what, const auto& run) {
    work w{what, run};
    w.run();  // warms up
    const double first = processor_seconds();
    while (w.seconds.size() < 7 || processor_seconds() - first < 0.25) {
      const double start = processor_seconds();
      w.run();
      w.seconds.push_back(processor_seconds() - start);
    }
    double sum = 0, sum_tau2 = 0;
    for (const double x : estimate) sum += x;
    for (const double x : tau2) sum_tau2 += x;
    std::printf("%s %.9g %.17g %.17g\n", what, w.median(), sum, sum_tau2);
  };
  timed("common", [&] { mp::batch_common_effect(data, mp::batch_columns<double>{.estimate = estimate, .se = se}); });
  timed("DL", [&] { mp::batch_random_effects(data, mp::dersimonian_laird{}, some); });
  timed("PM", [&] { mp::batch_random_effects(data, mp::paule_mandel{}, some); });
  timed("REML", [&] { mp::batch_random_effects(data, mp::reml{}, some); });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4) return from_file(argv[1], static_cast<std::size_t>(std::atoll(argv[2])), static_cast<std::size_t>(std::atoll(argv[3])));
  const bool check = argc == 2 && std::string(argv[1]) == "--check";
  if (argc != 1 && !check) {
    std::fprintf(stderr, "usage: metapool_batch [--check | FILE STUDIES COLUMNS]\n");
    return 2;
  }
  int slow = made_up<double>("double", 10, 10000);
  slow += made_up<double>("double", 10, 1000000);
  slow += made_up<float>("float", 10, 1000000);
  return check && slow > 0 ? 1 : 0;
}
