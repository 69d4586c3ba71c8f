// JSON with positions. nlohmann's SAX parser says which token comes, not where it stands; a cursor
// walks the text beside it, one token an event.
//
// Syntax faults are worded as Jackson words them, because the AWS API's clients see those.
#include <algorithm>

#include "engine/base/big_integer.hpp"
#include "engine/definition/document.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::definition {
namespace {

constexpr const char* kInvalidJson = "INVALID_JSON_DESCRIPTION";

/// How much of a text Jackson quotes.
constexpr std::size_t kQuotedBytesMax = 500;

class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}

    /// Skips to the next token.
    void to_token() {
        while (!is_done() && std::string_view(" \t\r\n,:").find(text_[offset_]) != text_.npos)
            step();
    }
    /// The position of the next token, which is skipped.
    Position take() {
        to_token();
        const Position at = position_;
        if (is_done()) return at;
        if (text_[offset_] == '"') {
            skip_string();
        } else if (std::string_view("[]{}").find(text_[offset_]) != text_.npos) {
            step();
        } else {
            skip_word();
        }
        return at;
    }
    [[nodiscard]] bool is_done() const { return offset_ >= text_.size(); }
    [[nodiscard]] std::string_view rest() const { return text_.substr(offset_); }
    [[nodiscard]] Position position() const { return position_; }

private:
    void step() {
        const char c = text_[offset_++];
        if (c == '\n') {
            position_ = {position_.line + 1, 1};
        } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
            ++position_.column;
        }
    }
    void skip_string() {
        step();
        while (!is_done() && text_[offset_] != '"') {
            if (text_[offset_] == '\\') step();
            if (!is_done()) step();
        }
        if (!is_done()) step();
    }
    void skip_word() {
        while (!is_done() &&
               std::string_view(" \t\r\n,:[]{}\"").find(text_[offset_]) == text_.npos) {
            step();
        }
    }

    std::string_view text_;
    std::size_t offset_ = 0;
    Position position_{1, 1};
};

class Handler : public nlohmann::json_sax<Json> {
public:
    Handler(std::string_view text, RepeatedKeys repeated)
        : cursor_(text), builder_({kJsonDepthMax, kDefinitionBytesMax, repeated}) {}

    bool null() override { return builder_.scalar(nullptr, cursor_.take()); }
    bool boolean(bool value) override { return builder_.scalar(value, cursor_.take()); }
    bool number_integer(number_integer_t value) override {
        return builder_.scalar(value, cursor_.take());
    }
    bool number_unsigned(number_unsigned_t value) override {
        return builder_.scalar(value, cursor_.take());
    }
    bool number_float(number_float_t value, const string_t& text) override {
        return builder_.scalar(is_integer_text(text) ? big_integer(text) : Json(value),
                               cursor_.take());
    }
    bool string(string_t& value) override {
        return builder_.scalar(std::move(value), cursor_.take());
    }
    bool binary(binary_t& /*value*/) override { return false; }
    bool start_object(std::size_t /*size*/) override {
        return builder_.open(Json::value_t::object, cursor_.take());
    }
    bool key(string_t& name) override { return builder_.key(std::move(name), cursor_.take()); }
    bool end_object() override { return cursor_.take(), builder_.close(); }
    bool start_array(std::size_t /*size*/) override {
        return builder_.open(Json::value_t::array, cursor_.take());
    }
    bool end_array() override { return cursor_.take(), builder_.close(); }
    bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& e) override {
        reason_ = e.what();
        return false;
    }

    Cursor& cursor() { return cursor_; }
    DocumentBuilder& builder() { return builder_; }
    [[nodiscard]] const std::string& reason() const { return reason_; }

private:
    Cursor cursor_;
    DocumentBuilder builder_;
    std::string reason_;
};

struct SyntaxFault {
    std::string message;
    Position after;  // where Jackson says that it stopped: behind what it did not want
    std::string hint;
};

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
}

std::string word_at(std::string_view rest) {
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_word);
    return std::string(rest.begin(), end);
}

SyntaxFault unexpected_end(const DocumentBuilder& builder, Position at) {
    const auto open = builder.innermost();
    std::string hint;
    if (open) {
        hint = "close the bracket of line " + std::to_string(open->line) + ", column " +
               std::to_string(open->column);
    }
    return {"Unexpected end-of-input", at, hint};
}

SyntaxFault unexpected_character(const DocumentBuilder& builder, char c, Position at) {
    const bool wants_name = builder.expects_key();
    std::string message = std::string("Unexpected character ('") + c + "' (code " +
                          std::to_string(static_cast<unsigned char>(c)) + "))";
    message += wants_name ? ": was expecting double-quote to start field name"
                          : ": was expecting a value, a comma or a closing bracket";
    std::string hint;
    if (c == '/' || c == '#') hint = "JSON has no comments; use a \"Comment\" field";
    if (wants_name && c == '}') hint = "take away the comma before it";
    return {message, {at.line, at.column + 1}, hint};
}

/// nlohmann's own words, for what is wrong inside a token: a bad escape, a number like 01.
SyntaxFault inside_token(const std::string& reason, Position at) {
    const auto detail = reason.rfind("; ");
    const auto marker = reason.find("syntax error");
    std::string message = marker == reason.npos ? reason : reason.substr(marker);
    if (detail != reason.npos) message = message.substr(0, message.rfind("; "));
    constexpr std::size_t kMessageBytesMax = 200;
    return {message.substr(0, kMessageBytesMax), at, ""};
}

SyntaxFault explain(Handler& handler) {
    Cursor& cursor = handler.cursor();
    cursor.to_token();
    const Position at = cursor.position();
    const DocumentBuilder& builder = handler.builder();
    if (cursor.is_done()) return unexpected_end(builder, at);
    const char c = cursor.rest().front();
    const std::string word = word_at(cursor.rest());
    const bool is_literal = word == "true" || word == "false" || word == "null";
    const bool is_digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (!builder.expects_key() && !word.empty() && !is_literal && !is_digit) {
        std::string message = "Unrecognized token '" + word +
                              "': was expecting (JSON String, Number, Array, Object or token "
                              "'null', 'true' or 'false')";
        return {message, {at.line, at.column + static_cast<int>(word.size())}, ""};
    }
    if (c == '"' || c == '-' || is_digit) return inside_token(handler.reason(), at);
    return unexpected_character(builder, c, at);
}

std::string quoted_source(std::string_view text, Position at) {
    std::string source =
        "[Source: (String)\"" + std::string(text.substr(0, kQuotedBytesMax)) + "\"";
    if (text.size() > kQuotedBytesMax) {
        source += "[truncated " + std::to_string(text.size() - kQuotedBytesMax) + " chars]";
    }
    return source + "; line: " + std::to_string(at.line) +
           ", column: " + std::to_string(at.column) + "]";
}

Diagnostic syntax_diagnostic(std::string_view text, Handler& handler) {
    const SyntaxFault fault = explain(handler);
    const std::string source = quoted_source(text, fault.after);
    return {.code = kInvalidJson,
            .message = fault.message + "\n at " + source,
            .location = source,
            .hint = fault.hint,
            .position = handler.cursor().position()};
}

}  // namespace

Document read_json(std::string_view text, RepeatedKeys repeated) {
    Handler handler(text, repeated);
    const bool is_complete = Json::sax_parse(text.begin(), text.end(), &handler);
    if (!is_complete && !handler.reason().empty()) {
        handler.builder().fault(syntax_diagnostic(text, handler));
    }
    return std::move(handler.builder()).finish(is_complete);
}

}  // namespace stepwell::definition
