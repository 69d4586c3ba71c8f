#include "api/read/readers.hpp"

namespace stepwell::api {

Result<Readers::Lease> Readers::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            auto reader = std::move(idle_.back());
            idle_.pop_back();
            return Lease(*this, std::move(reader));
        }
    }
    return Lease(*this, SW_TRY(runtime::Reader::open(folder_)));
}

void Readers::put_back(std::unique_ptr<runtime::Reader> reader) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(reader));
}

Result<Json> snapshot_of(Readers& readers,
                         const std::function<Result<Json>(runtime::Reader&)>& answer) {
    auto reader = SW_TRY(readers.take());
    return snapshot_of(*reader, answer);
}

Result<Json> snapshot_of(runtime::Reader& reader,
                         const std::function<Result<Json>(runtime::Reader&)>& answer) {
    const auto moment = SW_TRY(reader.hold());
    Json out = SW_TRY(answer(reader));
    SW_ASSERT(out.is_object());
    out["as_of"] = std::to_string(moment.feed_end());
    return out;
}

}  // namespace stepwell::api
