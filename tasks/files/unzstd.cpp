#include "tasks/files/unzstd.hpp"

#include <dlfcn.h>

#include <array>
#include <new>

namespace stepwell::tasks::data {
namespace {

constexpr std::size_t kOutBytes = 64U << 10U;

/// What of libzstd's stable interface (ZSTD_inBuffer, ZSTD_outBuffer, ZSTD_DStream) is needed.
struct InBuffer {
    const void* bytes;
    std::size_t size;
    std::size_t at;
};
struct OutBuffer {
    void* bytes;
    std::size_t size;
    std::size_t at;
};
struct Api {
    void* (*create)() = nullptr;
    std::size_t (*destroy)(void*) = nullptr;
    std::size_t (*decompress)(void*, OutBuffer*, InBuffer*) = nullptr;
    unsigned (*is_error)(std::size_t) = nullptr;

    [[nodiscard]] bool is_whole() const {
        return create != nullptr && destroy != nullptr && decompress != nullptr &&
               is_error != nullptr;
    }
};

template <class Function>
void find_in(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
}

/// Stays loaded; null members where there is none.
const Api& api() {
    static const Api loaded = [] {
        Api found;
        void* library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) return found;
        find_in(library, "ZSTD_createDStream", found.create);
        find_in(library, "ZSTD_freeDStream", found.destroy);
        find_in(library, "ZSTD_decompressStream", found.decompress);
        find_in(library, "ZSTD_isError", found.is_error);
        return found;
    }();
    return loaded;
}

}  // namespace

struct Unzstd::State {
    State() : stream(api().create()) {
        if (stream == nullptr) throw std::bad_alloc();
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { api().destroy(stream); }

    void* stream;
};

DataResult<Unzstd> Unzstd::create() {
    if (api().is_whole()) return Unzstd(std::make_unique<State>());
    return data_fail("E_UNSUPPORTED",
                     "expected the library libzstd.so.1, which reads zstd, but there is none; "
                     "install libzstd1, or write gzip or Parquet");
}

Unzstd::Unzstd(std::unique_ptr<State> state) : state_(std::move(state)) {}
Unzstd::Unzstd(Unzstd&&) noexcept = default;
Unzstd::~Unzstd() = default;

bool Unzstd::read(std::string_view piece, std::string& out) {
    std::array<char, kOutBytes> part;
    InBuffer in{piece.data(), piece.size(), 0};
    bool is_full = false;
    // What fits in no more is given by a call without more input.
    while (in.at < in.size || is_full) {
        OutBuffer unpacked{part.data(), part.size(), 0};
        const std::size_t wanted = api().decompress(state_->stream, &unpacked, &in);
        if (api().is_error(wanted) != 0) return false;
        out.append(part.data(), unpacked.at);
        is_at_end_ = wanted == 0;
        is_full = unpacked.at == unpacked.size && !is_at_end_;
    }
    return true;
}

}  // namespace stepwell::tasks::data
