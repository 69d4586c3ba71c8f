// Reads server-sent events out of the bytes of a response, as they come.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/json.hpp"

namespace stepwell::api::cli {

class EventReader {
public:
    /// The event's name (empty for most) and its data; data that is no JSON is passed over. Returns
    /// false where no more is wanted.
    using Take = std::function<bool(const std::string& event, const Json& data)>;
    explicit EventReader(Take take) : take_(std::move(take)) {}

    /// False once no more is wanted.
    bool take(std::string_view bytes);

private:
    bool take_line(std::string_view line);
    Take take_;
    std::string rest_;  // of a line that is not complete
    std::string event_;
    std::string data_;
    bool is_open_ = true;
};

}  // namespace stepwell::api::cli
