// Runs a fuzz target over files, where no fuzzer is linked in: what was once found stays tested
// with every compiler. Each argument is a file, or a folder of files.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace filesystem = std::filesystem;

bool replay(const filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream),
                           std::istreambuf_iterator<char>()};
    if (!stream) {
        std::fprintf(stderr, "cannot read %s\n", file.c_str());
        return false;
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    int replayed = 0;
    for (int i = 1; i < argc; ++i) {
        const filesystem::path place(argv[i]);
        if (!filesystem::is_directory(place)) {
            if (!replay(place)) return 1;
            ++replayed;
            continue;
        }
        for (const auto& entry : filesystem::directory_iterator(place)) {
            if (!replay(entry.path())) return 1;
            ++replayed;
        }
    }
    std::printf("%d inputs\n", replayed);
    return replayed > 0 ? 0 : 1;
}
