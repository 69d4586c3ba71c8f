#include "api/cli/event_reader.hpp"

namespace stepwell::api::cli {

bool EventReader::take(std::string_view bytes) {
    rest_ += bytes;
    std::size_t begin = 0;
    for (std::size_t end; is_open_ && (end = rest_.find('\n', begin)) != rest_.npos;) {
        std::string_view line = std::string_view(rest_).substr(begin, end - begin);
        if (line.ends_with('\r')) line.remove_suffix(1);
        is_open_ = take_line(line);
        begin = end + 1;
    }
    rest_.erase(0, begin);
    return is_open_;
}

bool EventReader::take_line(std::string_view line) {
    if (line.empty()) {
        const std::string event = std::exchange(event_, {});
        const std::string data = std::exchange(data_, {});
        const auto parsed = parse_json(data);
        return !parsed || take_(event, *parsed);
    }
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view field = line.substr(0, colon);
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") event_ = value;
    if (field == "data") data_ += (data_.empty() ? "" : "\n") + std::string(value);
    return true;
}

}  // namespace stepwell::api::cli
