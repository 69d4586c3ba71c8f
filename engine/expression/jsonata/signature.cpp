#include "engine/expression/jsonata/signature.hpp"

#include <algorithm>
#include <array>

namespace stepwell::expression::jsonata {
namespace {

Fault signature_fault(std::string code, std::string value) {
    Fault fault;
    fault.code = std::move(code);
    fault.value = std::move(value);
    return fault;
}

std::string_view plural_of(char letter) {
    switch (letter) {
        case 'a':
            return "arrays";
        case 'b':
            return "booleans";
        case 'f':
            return "functions";
        case 'n':
            return "numbers";
        case 'o':
            return "objects";
        default:
            return "strings";
    }
}

/// Where what `open` begins at `at` ends.
std::size_t closing(std::string_view text, std::size_t at, char open, char close) {
    int depth = 1;
    while (at + 1 < text.size()) {
        ++at;
        if (text[at] == close && --depth == 0) break;
        if (text[at] == open) ++depth;
    }
    return at;
}

std::string json_of_value(const Value& value) {
    constexpr int kShownDepth = 100;
    const bool is_shown =
        !value.is_undefined() && !value.is_function() && !is_deeper_than(value, kShownDepth);
    return is_shown ? json_text(value) : "";
}

}  // namespace

char letter_of(const Value& value) {
    switch (value.kind()) {
        case Kind::null:
            return 'l';
        case Kind::boolean:
            return 'b';
        case Kind::number:
            return 'n';
        case Kind::string:
            return 's';
        case Kind::array:
            return 'a';
        case Kind::object:
            return 'o';
        case Kind::function:
            return 'f';
        default:
            return 'm';
    }
}

Result<Signature, Fault> Signature::parse(std::string_view text) {
    Signature signature;
    for (std::size_t at = 1; at < text.size() && text[at] != ':'; ++at) {
        SW_TRY(signature.parse_next(text, at));
    }
    return signature;
}

Result<void, Fault> Signature::parse_next(std::string_view text, std::size_t& at) {
    const char c = text[at];
    Parameter made;
    switch (c) {
        case 's':
        case 'n':
        case 'b':
        case 'l':
        case 'o':
            made.accepts = std::string(1, c) + "m";
            break;
        case 'a':
            made.accepts = "asnblfom";
            made.is_array = true;
            break;
        case 'f':
            made.accepts = "f";
            break;
        case 'j':
            made.accepts = "asnblom";
            break;
        case 'x':
            made.accepts = "asnblfom";
            break;
        case '(': {
            const std::size_t end = closing(text, at, '(', ')');
            made.accepts = std::string(text.substr(at + 1, end - at - 1));
            at = end;
            if (made.accepts.find('<') != std::string::npos) {
                return fail(signature_fault("S0402", to_text(Json(made.accepts))));
            }
            made.accepts += 'm';
            break;
        }
        case '-':
            if (!parameters_.empty()) {
                parameters_.back().takes_context = parameters_.back().is_optional = true;
            }
            return {};
        case '?':
            if (!parameters_.empty()) parameters_.back().is_optional = true;
            return {};
        case '+':
            if (!parameters_.empty()) parameters_.back().is_repeated = true;
            return {};
        case '<': {
            const std::size_t end = closing(text, at, '<', '>');
            const std::string subtype(text.substr(at + 1, end - at - 1));
            at = end;
            const bool can_have = !parameters_.empty() && (parameters_.back().is_array ||
                                                           parameters_.back().accepts == "f");
            if (!can_have) return fail(signature_fault("S0401", ""));
            parameters_.back().subtype = subtype;
            return {};
        }
        default:
            return {};
    }
    parameters_.push_back(std::move(made));
    return {};
}

/// As a pattern of one class a parameter would: as many as it may take first, then fewer.
bool Signature::match(std::string_view letters, std::size_t parameter, std::size_t at,
                      bool to_the_end, std::vector<Matched>& matched) const {
    if (parameter == matched.size()) return !to_the_end || at == letters.size();
    const Parameter& wanted = parameters_[parameter];
    std::size_t most = 0;
    const std::size_t limit = wanted.is_repeated ? letters.size() : 1;
    while (most < limit && at + most < letters.size() &&
           wanted.accepts.find(letters[at + most]) != std::string::npos) {
        ++most;
    }
    const std::size_t least = wanted.is_optional ? 0 : 1;
    for (std::size_t count = most + 1; count-- > least;) {
        matched[parameter] = {at, at + count};
        if (match(letters, parameter + 1, at + count, to_the_end, matched)) return true;
    }
    return false;
}

Fault Signature::mismatch(std::string_view letters, std::span<const Value> given) const {
    std::size_t good = 0;
    for (std::size_t count = 1; count <= parameters_.size(); ++count) {
        std::vector<Matched> matched(count);
        if (!match(letters, 0, 0, false, matched)) break;
        good = matched.back().end;
    }
    Fault fault = signature_fault("T0410", good < given.size() ? json_of_value(given[good]) : "");
    fault.index = std::to_string(good + 1);
    return fault;
}

Result<void, Fault> Signature::check(std::span<const Value> given, const Value& context,
                                     Arena& arena, std::vector<Value>& checked) const {
    std::string letters;
    for (const Value& value : given) letters += letter_of(value);
    std::vector<Matched> matched(parameters_.size());
    if (!match(letters, 0, 0, true, matched)) return fail(mismatch(letters, given));

    std::size_t at = 0;
    const auto argument = [&] { return at < given.size() ? given[at] : Value(); };
    const auto refuse = [&](std::string code, const Value& value) {
        Fault fault = signature_fault(std::move(code), json_of_value(value));
        fault.index = std::to_string(at + 1);
        return fault;
    };
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const Parameter& wanted = parameters_[i];
        const std::string_view kinds =
            std::string_view(letters).substr(matched[i].begin, matched[i].end - matched[i].begin);
        if (kinds.empty()) {
            if (!wanted.takes_context) {
                checked.push_back(argument());
                ++at;
            } else if (wanted.accepts.find(letter_of(context)) != std::string::npos) {
                checked.push_back(context);
            } else {
                return fail(refuse("T0411", context));
            }
            continue;
        }
        for (const char kind : kinds) {
            if (!wanted.is_array) {
                checked.push_back(argument());
                ++at;
                continue;
            }
            Value value = kind == 'm' ? Value() : argument();
            bool fits =
                kind == 'm' || wanted.subtype.empty() || kind == 'a' || kinds == wanted.subtype;
            if (kind == 'a' && !wanted.subtype.empty() && value.size() > 0) {
                const char element = letter_of(value[0]);
                fits = element == wanted.subtype.front();
                for (std::size_t j = 1; fits && j < value.size(); ++j) {
                    fits = letter_of(value[j]) == element;
                }
            }
            if (!fits) {
                Fault fault = refuse("T0412", value);
                fault.type = '"' + std::string(plural_of(wanted.subtype.front())) + '"';
                return fail(std::move(fault));
            }
            if (kind != 'a' && kind != 'm') {
                Array* one = new_array(arena, 1);
                one->push(arena, value);
                value = Value::of(one);
            }
            checked.push_back(value);
            ++at;
        }
    }
    return {};
}

}  // namespace stepwell::expression::jsonata
