// SPDX-License-Identifier: BSL-1.0
// The rules of the house, read off the text of the headers: which room may include which, and what every header must have.
#pragma once

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace metapool_test {

/// One broken rule: "tau2/dersimonian_laird.hpp:7: <metapool/model/fit.hpp> lies above tau2".
using violations = std::vector<std::string>;

/// The floor on which a room lies; rooms of one floor may not include each other, except that math may use data's checks and errors.
inline const std::map<std::string, int>& floors() {
  static const std::map<std::string, int> result{{"text", -1}, {"data", 0}, {"math", 0},  {"effect", 1},     {"conversion", 2}, {"tau2", 2}, {"model", 3},
                                                 {"inference", 4}, {"exact", 5}, {"bayes", 5},      {"bias", 5}, {"batch", 5}, {"lines", 6}, {"mpi", 9}, {"gwas", 6},
                                                 {"report", 7},    {"plot", 7},  {"sensitivity", 6}, {"simulation", 5}};
  return result;
}

inline bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

/// The name between <> or "" of an #include line, else empty.
inline std::string included_name(const std::string& line) {
  std::size_t i = line.find_first_not_of(" \t");
  if (i == std::string::npos || line[i] != '#') return {};
  i = line.find_first_not_of(" \t", i + 1);
  if (i == std::string::npos || line.compare(i, 7, "include") != 0) return {};
  const std::size_t open = line.find_first_of("<\"", i);
  if (open == std::string::npos) return {};
  const std::size_t close = line.find_first_of(">\"", open + 1);
  if (close == std::string::npos) return {};
  return line.substr(open, close - open);  // with its opening sign
}

/// The room of "effect/scale.hpp"; empty for a file beside the rooms.
inline std::string room_of(const std::string& path) {
  const std::size_t slash = path.find('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

/// True if the line calls or declares `word` with its bracket right behind it, outside a comment or a text: what a macro of that name would take.
inline bool calls(const std::string& line, std::string_view word) {
  bool in_text = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (in_text) {
      if (line[i] == '\\')
        ++i;
      else if (line[i] == '"')
        in_text = false;
      continue;
    }
    if (line[i] == '"' && (i == 0 || line[i - 1] != '\'')) in_text = true;
    if (line.compare(i, 2, "//") == 0) return false;
    if (line.compare(i, word.size(), word) != 0) continue;
    const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    if (i > 0 && letter(line[i - 1])) continue;
    const std::size_t next = line.find_first_not_of(' ', i + word.size());
    if (next != std::string::npos && line[next] == '(') return true;
  }
  return false;
}

/// Whether a header of `room` may include our header `path` ("effect/scale.hpp").
inline bool may_include(const std::string& room, const std::string& path) {
  const std::string other = room_of(path);
  if (other.empty()) return path == "version.hpp";
  if (other == room) return true;
  if (room == "math" && (path == "data/check.hpp" || path == "data/error.hpp")) return true;
  return floors().count(other) == 1 && floors().at(other) < floors().at(room);
}

/// Reads every file under `folder` (include/metapool) and says which break a rule.
inline violations broken_rules(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  violations found;
  std::map<std::string, std::vector<std::string>> includes;  // our headers only, as paths from `folder`
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = fs::relative(entry.path(), folder).generic_string();
    const auto say = [&](std::size_t line, const std::string& what) { found.push_back(path + ":" + std::to_string(line) + ": " + what); };
    if (entry.path().extension() != ".hpp") {
      say(1, "is not a header (.hpp)");
      continue;
    }
    const std::string room = room_of(path);
    if (!room.empty() && floors().count(room) == 0) say(1, "lies in a room that has no place in the order of includes");
    if (std::count(path.begin(), path.end(), '/') > 1) say(1, "lies more than two folders deep");

    std::ifstream in(entry.path());
    std::string line;
    bool pragma_once = false;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
      if (number == 1 && line != "// SPDX-License-Identifier: BSL-1.0") say(1, "does not start with the SPDX line");
      if (line == "#pragma once") pragma_once = true;
      for (const char* word : {"min", "max"}) {
        const std::string name = word;
        if (calls(line, name)) say(number, name + "( is taken by the macro of Windows' headers: write (std::" + name + ")(");
      }
      const std::string name = included_name(line);
      if (name.empty()) continue;
      const std::string header = name.substr(1);
      const std::string quoted = (name[0] == '<' ? "<" + header + ">" : "\"" + header + "\"");
      if (name[0] == '"') say(number, quoted + " is included by \"\": write <metapool/...>");
      if (starts_with(header, "metapool/")) {
        const std::string target = header.substr(9);
        includes[path].push_back(target);
        if (!fs::exists(folder / target)) say(number, quoted + " does not exist");
        if (!room.empty() && floors().count(room) == 1 && !may_include(room, target)) say(number, quoted + " is not below " + room);
      } else if (header == "mpi.h") {
        if (room != "mpi") say(number, quoted + ": only mpi/ may include MPI");
      } else if (header == "iostream" || header == "execution" || header == "regex") {
        say(number, quoted + " is too dear for a header");
      } else if (starts_with(header, "boost/")) {
        if (room != "math") say(number, quoted + ": only math/ may include Boost");
        if (header == "boost/math/distributions.hpp") say(number, quoted + " is too dear: include the distribution itself");
      } else if (starts_with(header, "Eigen/") || starts_with(header, "unsupported/Eigen/")) {
        const bool allowed = room == "math" || (floors().count(room) == 1 && floors().at(room) >= floors().at("model"));
        if (!allowed) say(number, quoted + ": only math/, model/ and the rooms above may include Eigen");
      }
    }
    if (!pragma_once) say(1, "has no #pragma once");
  }

  // What the umbrella leaves out, a user of the umbrella does not have; all but mpi/, which needs a library that few have.
  if (fs::exists(folder / "metapool.hpp")) {
    std::set<std::string> reached;
    std::vector<std::string> open{"metapool.hpp"};
    while (!open.empty()) {
      const std::string path = open.back();
      open.pop_back();
      if (!reached.insert(path).second) continue;
      const auto next = includes.find(path);
      if (next != includes.end()) open.insert(open.end(), next->second.begin(), next->second.end());
    }
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string path = fs::relative(entry.path(), folder).generic_string();
      if (entry.is_regular_file() && entry.path().extension() == ".hpp" && (reached.count(path) == 0) != (room_of(path) == "mpi")) {
        found.push_back(path + (reached.count(path) == 0 ? ":1: is not reached from metapool.hpp" : ":1: is reached from metapool.hpp"));
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

inline std::string join(const violations& found) {
  std::string text;
  for (const std::string& line : found) text += "\n  " + line;
  return text;
}

}  // namespace metapool_test
