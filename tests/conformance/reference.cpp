// SPDX-License-Identifier: BSL-1.0
#include "conformance/reference.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <utility>

namespace conformance {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

json parse(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw file_error(file.string() + ": cannot be read");
  try {
    return json::parse(in);
  } catch (const json::exception& e) {
    throw file_error(file.string() + ": " + e.what());
  }
}

/// The member `key` of an object, or a message that says where it lacks.
const json& member(const json& object, const char* key, const std::string& where) {
  if (!object.is_object()) throw file_error(where + ": is not an object");
  const auto found = object.find(key);
  if (found == object.end()) throw file_error(where + ": '" + key + "' is missing");
  return *found;
}

std::string text_of(const json& object, const char* key, const std::string& where) {
  const json& value = member(object, key, where);
  if (!value.is_string()) throw file_error(where + ": '" + key + "' is not a text");
  return value.get<std::string>();
}

std::optional<double> number_of(const json& value, const std::string& where) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_number()) throw file_error(where + ": " + value.dump() + " is neither a number nor null");
  return value.get<double>();
}

numbers numbers_of(const json& value, const std::string& where) {
  numbers result;
  if (!value.is_array()) return {number_of(value, where)};
  for (const json& entry : value) result.push_back(number_of(entry, where));
  return result;
}

std::string option_text(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::vector<std::string> option_of(const json& value) {
  if (!value.is_array()) return {option_text(value)};
  std::vector<std::string> texts;
  for (const json& entry : value) texts.push_back(option_text(entry));
  return texts;
}

/// Columns of one length, which is that of the data set.
std::map<std::string, numbers> columns_of(const json& object, std::size_t& studies, bool first, const std::string& where) {
  if (object.is_array() && object.empty()) return {};  // R writes an empty list so
  if (!object.is_object()) throw file_error(where + ": is not an object of arrays");
  std::map<std::string, numbers> columns;
  for (const auto& entry : object.items()) {
    numbers column = numbers_of(entry.value(), where + ": " + entry.key());
    if (first) studies = column.size();
    first = false;
    if (column.size() != studies) throw file_error(where + ": " + entry.key() + " does not have one value a study");
    columns.emplace(entry.key(), std::move(column));
  }
  return columns;
}

reference_case case_of(const json& object, const std::string& file) {
  reference_case c;
  c.id = text_of(object, "id", file + ": a case");
  const std::string where = file + ": " + c.id;
  c.op = text_of(object, "op", where);
  const std::optional<double> rtol = number_of(member(object, "rtol", where), where + ": rtol");
  if (!(rtol && *rtol > 0 && *rtol < 1)) throw file_error(where + ": rtol must lie between 0 and 1");
  c.rtol = *rtol;
  const json& expect = member(object, "expect", where);
  if (!expect.is_object()) throw file_error(where + ": 'expect' is not an object");
  for (const auto& entry : expect.items()) c.expect.emplace(entry.key(), numbers_of(entry.value(), where + ": " + entry.key()));
  for (const auto& entry : object.items()) {
    const std::string& key = entry.key();
    if (key == "id" || key == "op" || key == "rtol" || key == "expect" || key == "source") continue;
    c.options.set(key, option_of(entry.value()));
  }
  return c;
}

data_set data_set_of(const fs::path& file) {
  const json object = parse(file);
  const std::string where = file.string();
  data_set d;
  d.file = file;
  d.name = text_of(object, "dataset", where);
  d.design = text_of(object, "design", where);
  d.columns = columns_of(member(object, "columns", where), d.studies, true, where + ": columns");
  if (object.contains("moderators")) d.moderators = columns_of(object["moderators"], d.studies, false, where + ": moderators");
  const json& cases = member(object, "cases", where);
  if (!cases.is_array()) throw file_error(where + ": 'cases' is not an array");
  std::set<std::string> ids;
  for (const json& entry : cases) {
    d.cases.push_back(case_of(entry, where));
    if (!ids.insert(d.cases.back().id).second) throw file_error(where + ": id '" + d.cases.back().id + "' stands twice");
  }
  return d;
}

double decimal_of(const json& object, const char* key, const std::string& where) {
  const std::string text = text_of(object, key, where);
  try {
    std::size_t end = 0;
    const double x = std::stod(text, &end);
    if (end == text.size() && std::isfinite(x)) return x;
  } catch (const std::logic_error&) {
  }
  throw file_error(where + ": '" + key + "' is not a decimal number");
}

}  // namespace

std::vector<data_set> read_folder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".json") files.push_back(entry->path());
  }
  if (error) throw file_error(folder.string() + ": " + error.message());
  if (files.empty()) throw file_error(folder.string() + ": there is no *.json file");
  std::sort(files.begin(), files.end());
  std::vector<data_set> sets;
  for (const fs::path& file : files) sets.push_back(data_set_of(file));
  return sets;
}

std::vector<discrepancy> read_register(const fs::path& file) {
  const json object = parse(file);
  const json& entries = member(object, "discrepancies", file.string());
  if (!entries.is_array()) throw file_error(file.string() + ": 'discrepancies' is not an array");
  std::vector<discrepancy> result;
  for (const json& entry : entries) {
    const std::string id = text_of(entry, "id", file.string() + ": a discrepancy");
    const std::string where = file.string() + ": " + id;
    if (text_of(entry, "evidence", where).empty()) throw file_error(where + ": without evidence a discrepancy is a fault of the library");
    const json& fields = member(entry, "fields", where);
    if (!fields.is_array() || fields.empty()) throw file_error(where + ": 'fields' is not an array with entries");
    for (const json& value : fields) {
      discrepancy d;
      d.id = id;
      d.field = text_of(value, "field", where);
      if (value.contains("element")) {
        if (!value["element"].is_number_unsigned() || value["element"] == 0)
          throw file_error(where + ": 'element' must be a whole number from 1");
        d.element = value["element"].get<std::size_t>();
      }
      if (text_of(value, "reference", where) != "none") d.reference = decimal_of(value, "reference", where);
      if (text_of(value, "library", where) != "none") d.library = decimal_of(value, "library", where);
      result.push_back(std::move(d));
    }
  }
  return result;
}

}  // namespace conformance
