#include "config/key_table.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "config/key_text.h"
#include "config/man_page.h"
#include "config/reference.h"
#include "config/summary.h"
#include "sample.h"

namespace pinion::config {
namespace {

std::string bold(std::string_view name) {
  std::string text = "\n*";
  for (const char c : name) text += c == '_' ? "\\_" : std::string(1, c);
  return text + "*\n";
}

/// The part of a text from the header of a section to the next one.
std::string part(const std::string& text, const std::string& from, const std::string& next) {
  const auto begin = text.find("\n" + from + "\n");
  REQUIRE(begin != std::string::npos);
  return text.substr(begin, text.find("\n" + next, begin + 1) - begin);
}

}  // namespace

TEST_CASE("the keys of a section stand together, each once, and have all they need") {
  std::set<std::string> seen;
  std::size_t in_sections = 0;
  for (const SectionInfo& section : sections()) {
    in_sections += keys_of(section.id).size();
    CHECK(info(section.id).path == section.path);
    CHECK(section.help.ends_with('.'));
  }
  CHECK(in_sections == keys().size());
  for (const Key& key : keys()) {
    const auto path = key_path(key.section, key.name);
    CAPTURE(path);
    CHECK(seen.insert(path).second);
    CHECK(find_key(key.section, key.name) == &key);
    CHECK(key.help.ends_with('.'));
    CHECK(key.min <= key.max);
    CHECK((key.type == Type::choice) == !key.choices.empty());
    CHECK_FALSE(allowed(key).empty());
  }
  CHECK(find_key(Section::proxy, "connect") == nullptr);
}

TEST_CASE("a file with every section is sound, and so is any other value of a key in it") {
  const Config base = sample::sound(sample::file_with());
  for (const Key& key : keys()) {
    CAPTURE(key_path(key.section, key.name));
    const auto text = sample::file_with(key.section, key.name, sample::other_value(key));
    CAPTURE(text);
    const auto loaded = load_text(text, "file");
    REQUIRE_MESSAGE(loaded.has_value(), to_text(loaded.error().front()));
    CHECK_FALSE(*loaded == base);
  }
}

TEST_CASE("the parser takes each key's default as well as its absence") {
  const Config base = sample::sound(sample::file_with());
  for (const Key& key : keys()) {
    // The sample file sets `backends` to have one, and lists of [pool.affinity].
    if (key.required() || key.name == "backends" || key.type == Type::id_places ||
        key.type == Type::path_ends)
      continue;
    CAPTURE(key_path(key.section, key.name));
    CHECK(sample::sound(sample::file_with(key.section, key.name, toml_value(key, key.fallback))) ==
          base);
  }
}

TEST_CASE("a value of a kind that no key takes is an error with the key's name") {
  for (const Key& key : keys()) {
    for (const auto* wrong : {"1.5", "true", "1979-05-27", "{}", "[[]]", "\"\\u0001\""}) {
      const auto errors = sample::errors_of(sample::file_with(key.section, key.name, wrong));
      const auto path = " error: " + key_path(key.section, key.name) + ": ";
      CAPTURE(path);
      CAPTURE(wrong);
      CHECK_MESSAGE(errors[0].find(path) != std::string::npos, errors[0]);
      CHECK_MESSAGE(errors[0].find("allowed: ") != std::string::npos, errors[0]);
    }
  }
}

TEST_CASE("a required key that is missing is named, at its section") {
  CHECK(sample::error_of("[[pool]]\nbackends = [\"a:1\"]\n[[route]]\npool = \"a\"\n") ==
        "1:1: error: [pool].name: is missing, allowed: 1 to 64 letters, digits, and . _ -");
  CHECK(sample::error_of(sample::smallest("\n[[route]]\nhost = \"a\"\n"))
            .find("7:1: error: [route].pool: is missing") == 0);
}

TEST_CASE("each key is in the reference file, in the man page, and in what `pinion check` prints") {
  const auto reference = reference_config() + "\n";
  const auto page = man_page();
  const auto base = summary(sample::sound(sample::file_with()));
  for (const Key& key : keys()) {
    const auto head = header(info(key.section));
    CAPTURE(key_path(key.section, key.name));
    const auto in_reference = part(reference, head, "[");
    CHECK(in_reference.find("\n" + std::string(key.name) + " = ") != std::string::npos);
    const auto in_page = part(page, "# SECTION " + head, "# ");
    CHECK(in_page.find(bold(key.name)) != std::string::npos);
    CHECK(base.find(std::string(key.name)) != std::string::npos);
    const auto changed =
        summary(sample::sound(sample::file_with(key.section, key.name, sample::other_value(key))));
    CHECK(changed != base);
  }
}

}  // namespace pinion::config
