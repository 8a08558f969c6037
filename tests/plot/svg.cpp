// SPDX-License-Identifier: BSL-1.0
#include <metapool/plot/svg.hpp>

#include "support/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <clocale>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

namespace mp = metapool;

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// True if the text is well formed as far as this writer's XML goes: tags nest and close, attributes are quoted, no raw & or <.
bool well_formed(const std::string& s) {
  std::string open;  // names of open elements, each followed by '/'
  for (std::size_t i = 0; i < s.size();) {
    const unsigned char c = static_cast<unsigned char>(s[i]);
    if (c < 0x20 && c != '\n') return false;
    if (c == '&') {
      const auto end = s.find(';', i);
      const std::string name = end == std::string::npos ? "" : s.substr(i, end - i + 1);
      if (name != "&amp;" && name != "&lt;" && name != "&gt;" && name != "&quot;" && name != "&#39;") return false;
    }
    if (c == '>') return false;
    if (c != '<') {
      ++i;
      continue;
    }
    bool quoted = false;
    std::size_t end = i + 1;
    for (; end < s.size() && (quoted || s[end] != '>'); ++end) {
      if (s[end] == '"') quoted = !quoted;
      if (s[end] == '<') return false;
    }
    if (end == s.size()) return false;
    const std::string tag = s.substr(i + 1, end - i - 1);
    if (tag[0] == '/') {
      const std::string name = tag.substr(1) + "/";
      if (open.size() < name.size() || open.compare(open.size() - name.size(), name.size(), name) != 0) return false;
      open.resize(open.size() - name.size());
    } else if (tag.back() != '/') {
      open += tag.substr(0, tag.find(' ')) + "/";
    }
    i = end + 1;
  }
  return open.empty();
}

mp::scene sample() {
  mp::scene s{120, 60.5, "Title <1>", "What \"it\" shows", {}};
  s.shapes.push_back({"square", mp::rectangle_shape{1.005, 2, 3.14159, 4, mp::rgb{255, 0, 16}, mp::pen{{}, 0.5}}});
  s.shapes.push_back({"", mp::line_shape{-0.001, 1, 2, 3, {{1, 2, 3}, 1, 3}}});
  s.shapes.push_back({"diamond", mp::polygon_shape{{{0, 0}, {1.5, 2}, {3, 0}}, mp::rgb{}, {}}});
  mp::group_shape g;
  g.children.push_back({"label", mp::text_shape{.x = 5, .y = 6, .content = "a<b & \"c\" 'd' \xC3\xA4\x01\xFF", .size = 12, .anchor = mp::text_anchor::end, .bold = true}});
  s.shapes.push_back({"row", g});
  return s;
}

}  // namespace

TEST_CASE("A scene becomes the SVG that it says") {
  const std::string svg = mp::to_svg(sample());
  CHECK(svg.find("<rect class=\"square\" x=\"1\" y=\"2\" width=\"3.14\" height=\"4\" fill=\"#ff0010\" stroke=\"#000000\" stroke-width=\"0.5\"/>") != std::string::npos);
  CHECK(svg.find("<line x1=\"0\" y1=\"1\" x2=\"2\" y2=\"3\" stroke=\"#010203\" stroke-width=\"1\" stroke-dasharray=\"3\"/>") != std::string::npos);
  CHECK(svg.find("<polygon class=\"diamond\" points=\"0,0 1.5,2 3,0\" fill=\"#000000\"/>") != std::string::npos);
  CHECK(svg.find("<g class=\"row\">\n<text class=\"label\" x=\"5\" y=\"6\" font-size=\"12\" text-anchor=\"end\" font-weight=\"bold\">"
                 "a&lt;b &amp; &quot;c&quot; &#39;d&#39; \xC3\xA4\xEF\xBF\xBD</text>\n</g>") != std::string::npos);
  CHECK(svg.find("viewBox=\"0 0 120 60.5\"") != std::string::npos);
  CHECK(svg.find("<rect width=\"120\" height=\"60.5\" fill=\"#ffffff\"/>") != std::string::npos);
  CHECK(well_formed(svg));
}

TEST_CASE("Screen readers get role, title and description; ids differ between figures") {
  auto s = sample();
  const std::string svg = mp::to_svg(s);
  CHECK(svg.find(" role=\"img\" ") != std::string::npos);
  const auto id = svg.substr(svg.find("aria-labelledby=\"") + 17, 11);
  CHECK(svg.find("aria-labelledby=\"" + id + "-title " + id + "-desc\"") != std::string::npos);
  CHECK(svg.find("<title id=\"" + id + "-title\">Title &lt;1&gt;</title>") != std::string::npos);
  CHECK(svg.find("<desc id=\"" + id + "-desc\">What &quot;it&quot; shows</desc>") != std::string::npos);
  s.description = "another";
  CHECK(mp::to_svg(s).find(id) == std::string::npos);
  for (const char* outside : {"href", "url(", "@import", "<style", "<script", "<image"}) CHECK(svg.find(outside) == std::string::npos);
}

TEST_CASE("The SVG does not depend on the locale") {
  const std::string plain = mp::to_svg(sample());
  const char* german = std::setlocale(LC_ALL, "de_DE.UTF-8");
  if (german == nullptr) german = std::setlocale(LC_ALL, "fr_FR.UTF-8");
  if (german == nullptr) MESSAGE("no locale with a decimal comma is installed: only the C locale was compared");
  const std::string other = mp::to_svg(sample());
  std::setlocale(LC_ALL, "C");
  CHECK(other == plain);
}

TEST_CASE("Any bytes in any text give well-formed SVG") {
  std::uint32_t state = 20240607;
  const std::string nasty = "<>&\"';-]/!\\ \t\n";
  for (int round = 0; round < 500; ++round) {
    std::string bytes;
    for (int i = 0; i < 40; ++i) {
      state = state * 1664525U + 1013904223U;
      const auto r = state >> 16U;
      bytes.push_back(r % 3 == 0 ? nasty[(r >> 3U) % nasty.size()] : static_cast<char>(static_cast<unsigned char>(r >> 2U)));
    }
    mp::scene s{10, 10, bytes, bytes, {}};
    s.shapes.push_back({bytes, mp::text_shape{.x = 1, .y = 1, .content = bytes}});
    REQUIRE(well_formed(mp::to_svg(s)));
  }
}

TEST_CASE("write_svg replaces a file whole, leaves nothing beside it, and says what it could not write") {
  const metapool_test::scratch_folder folder;
  const auto path = folder.path() / "plot.svg";
  folder.write("plot.svg", "old");
  mp::write_svg(path.string(), sample());
  CHECK(read(path) == mp::to_svg(sample()));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  bool named = false;
  try {
    mp::write_svg((folder.path() / "missing" / "plot.svg").string(), sample());
  } catch (const mp::error& e) {
    named = std::string(e.what()).find("plot.svg") != std::string::npos;
  }
  CHECK(named);
  // A folder stands in the way: the rename fails, and the half-written file is taken away.
  std::filesystem::create_directories(folder.path() / "folder.svg" / "inside");
  CHECK_THROWS_AS(mp::write_svg((folder.path() / "folder.svg").string(), sample()), mp::error);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "folder.svg.part"));
}
