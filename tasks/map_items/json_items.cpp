#include "tasks/map_items/json_items.hpp"

#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/json_pointer.hpp"

namespace stepwell::tasks::map_items {
namespace {

constexpr const char* kNotIterable = "Attempting to map over non-iterable node.";

bool is_blank(int c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Walks through a document without parsing it: what is taken out of it is checked by itself.
class JsonWalk {
public:
    explicit JsonWalk(ByteSource& source) : source_(source) {}

    /// Goes to the value that `step` names in the value that is next; false: there is none.
    DataResult<bool> enter(const std::string& step);
    /// Goes into the array that is next. Fails where it is none.
    DataResult<void> enter_array();
    /// The next element; false: the array has no other.
    DataResult<bool> next_element(std::string& text);

private:
    [[nodiscard]] Failure<DataError> broken(const std::string& expected) const {
        return source_.fault("E_FORMAT", "expected " + expected + ", but the JSON is broken there");
    }
    int next_token() {
        while (is_blank(source_.peek())) source_.next();
        return source_.peek();
    }
    /// The next value, on one line; null: it is passed over.
    DataResult<void> take_value(std::string* text);
    DataResult<void> take_string(std::string* text);
    DataResult<void> add(std::string* text, int c);
    DataResult<bool> find_member(const std::string& name);
    DataResult<bool> find_element(const std::string& index);

    ByteSource& source_;
    bool is_first_ = true;  // of the elements
};

DataResult<void> JsonWalk::add(std::string* text, int c) {
    if (text == nullptr) return {};
    *text += static_cast<char>(c);
    if (text->size() <= kItemBytesMax) return {};
    return source_.fault("E_FORMAT", "expected items of at most " + std::to_string(kItemBytesMax) +
                                         " bytes, but there is a larger one");
}

DataResult<void> JsonWalk::take_string(std::string* text) {
    SW_TRY(add(text, source_.next()));
    for (;;) {
        const int c = source_.next();
        if (c == ByteSource::kEnd) {
            SW_TRY(source_.check());
            return broken("the end of a string");
        }
        SW_TRY(add(text, c));
        if (c == '"') return {};
        if (c == '\\') SW_TRY(add(text, source_.next()));
    }
}

DataResult<void> JsonWalk::take_value(std::string* text) {
    std::size_t depth = 0;
    bool is_begun = false;
    for (;;) {
        const bool is_apart = is_begun && is_blank(source_.peek());
        const int c = next_token();
        if (is_apart) SW_TRY(add(text, ' '));
        if (c == ByteSource::kEnd) {
            SW_TRY(source_.check());
            if (depth == 0 && is_begun) return {};
            return broken("a value");
        }
        const bool is_end = c == ']' || c == '}';
        if (depth == 0 && is_begun && (is_end || c == ',')) return {};
        if (depth == 0 && !is_begun && is_end) return broken("a value");
        is_begun = true;
        if (c == '"') {
            SW_TRY(take_string(text));
            continue;
        }
        if (c == '[' || c == '{') ++depth;
        if (is_end) --depth;
        SW_TRY(add(text, source_.next()));
        if (is_end && depth == 0) return {};
    }
}

DataResult<bool> JsonWalk::find_member(const std::string& name) {
    source_.next();  // '{'
    while (next_token() == '"') {
        std::string key;
        SW_TRY(take_string(&key));
        if (next_token() != ':') return broken("':' behind a name");
        source_.next();
        const auto parsed = parse_json(key);
        if (!parsed) return broken("a name");
        if (*parsed == name) return true;
        SW_TRY(take_value(nullptr));
        if (next_token() == ',') source_.next();
    }
    SW_TRY(source_.check());
    return false;
}

DataResult<bool> JsonWalk::find_element(const std::string& index) {
    SW_TRY(enter_array());
    for (std::uint64_t i = 0; next_token() != ']' && next_token() != ByteSource::kEnd; ++i) {
        if (std::to_string(i) == index) return true;
        SW_TRY(take_value(nullptr));
        if (next_token() == ',') source_.next();
    }
    SW_TRY(source_.check());
    return false;
}

DataResult<bool> JsonWalk::enter(const std::string& step) {
    const int c = next_token();
    if (c == '{') return find_member(step);
    if (c == '[') return find_element(step);
    SW_TRY(source_.check());
    return false;
}

DataResult<void> JsonWalk::enter_array() {
    if (next_token() != '[') {
        SW_TRY(source_.check());
        return data::data_fail("E_FORMAT", kNotIterable);
    }
    source_.next();
    is_first_ = true;
    return {};
}

DataResult<bool> JsonWalk::next_element(std::string& text) {
    text.clear();
    const int c = next_token();
    if (c == ']') return false;
    if (!is_first_) {
        if (c != ',') return broken("',' or ']' behind an element");
        source_.next();
    }
    is_first_ = false;
    SW_TRY(take_value(&text));
    return true;
}

}  // namespace

DataResult<void> read_json_array(ByteSource& source, std::string_view pointer, ItemsFile& items) {
    JsonWalk walk(source);
    for (const std::string& step : pointer_steps(pointer)) {
        if (SW_TRY(walk.enter(step))) continue;
        return source.fault("E_FORMAT", "expected a value at the ItemsPointer '" +
                                            std::string(pointer) + "', but there is none");
    }
    SW_TRY(walk.enter_array());
    std::string text;
    for (std::uint64_t number = 1; !items.is_full() && SW_TRY(walk.next_element(text)); ++number) {
        const auto parsed = parse_json(text);
        if (!parsed) {
            return source.fault("E_FORMAT",
                                "item " + std::to_string(number) + ": " + parsed.error().message);
        }
        SW_TRY(items.add(text));
    }
    return {};
}

DataResult<void> read_json_lines(ByteSource& source, ItemsFile& items) {
    std::string line;
    for (std::uint64_t number = 1; !items.is_full() && source.peek() != ByteSource::kEnd;
         ++number) {
        line.clear();
        for (int c = source.next(); c != '\n' && c != ByteSource::kEnd; c = source.next()) {
            line += static_cast<char>(c);
            if (line.size() > kItemBytesMax) break;
        }
        while (!line.empty() && is_blank(line.back())) line.pop_back();
        if (line.empty()) continue;
        const auto parsed = parse_json(line);
        if (!parsed && line.size() <= kItemBytesMax) {
            return source.fault("E_FORMAT",
                                "line " + std::to_string(number) + ": " + parsed.error().message);
        }
        SW_TRY(items.add(line));
    }
    return source.check();
}

}  // namespace stepwell::tasks::map_items
