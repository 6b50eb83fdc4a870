// Runs a fuzz target once over every file of the folders given, in place of libFuzzer: so that what
// was found once is a test for ever, with any compiler.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->is_regular_file(error)) files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool replay(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (in.bad() || !in.is_open()) {
    (void)std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
    return false;
  }
  // A target aborts when a property does not hold; the name tells which input that was.
  (void)std::printf("%s\n", file.filename().c_str());
  (void)std::fflush(stdout);
  return LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                bytes.size()) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const auto files = files_in(argv[i]);
    if (files.empty()) {
      (void)std::fprintf(stderr, "%s: no corpus there\n", argv[i]);
      return 1;
    }
    if (!std::all_of(files.begin(), files.end(), replay)) return 1;
    (void)std::printf("%s: %zu inputs\n", argv[i], files.size());
  }
  return argc > 1 ? 0 : 1;
}
