#include "engine/definition/variable_name.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace stepwell::definition {
namespace {

struct CodeRange {
    std::uint32_t first;
    std::uint32_t last;
};

// Beyond ASCII, what is no letter, digit or mark: Unicode's blocks of punctuation, symbols and
// pictures. Coarser than ID_Start and ID_Continue, which would need a table of 700 ranges.
constexpr std::array kNotInNames = {
    CodeRange{0x80, 0xA9},        CodeRange{0xAB, 0xB4},     CodeRange{0xB6, 0xB6},
    CodeRange{0xB8, 0xB9},        CodeRange{0xBB, 0xBF},     CodeRange{0xD7, 0xD7},
    CodeRange{0xF7, 0xF7},        CodeRange{0x2000, 0x203E}, CodeRange{0x2041, 0x2053},
    CodeRange{0x2055, 0x2070},    CodeRange{0x20A0, 0x20CF}, CodeRange{0x2190, 0x2BFF},
    CodeRange{0x3000, 0x3004},    CodeRange{0x3008, 0x3020}, CodeRange{0xD800, 0xF8FF},
    CodeRange{0xFE10, 0xFE1F},    CodeRange{0xFF00, 0xFF0F}, CodeRange{0x1F000, 0x1FAFF},
    CodeRange{0xE0000, 0x10FFFF},
};

bool is_ascii_letter(std::uint32_t c) {
    return (c | 0x20U) >= 'a' && (c | 0x20U) <= 'z';
}

bool is_start(std::uint32_t c) {
    if (c < 0x80) return is_ascii_letter(c);
    return std::none_of(kNotInNames.begin(), kNotInNames.end(),
                        [c](CodeRange range) { return c >= range.first && c <= range.last; });
}

bool is_continue(std::uint32_t c) {
    return is_start(c) || (c >= '0' && c <= '9') || c == '_' || c == 0xB7;
}

/// Takes one character off the front; U+FFFF stands for bytes that are not UTF-8.
std::uint32_t take_character(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    std::size_t length = 1;
    std::uint32_t value = lead;
    if (lead >= 0xF0) {
        length = 4;
        value = lead & 0x07U;
    } else if (lead >= 0xE0) {
        length = 3;
        value = lead & 0x0FU;
    } else if (lead >= 0xC0) {
        length = 2;
        value = lead & 0x1FU;
    }
    if (text.size() < length) {
        text = {};
        return 0xFFFF;
    }
    for (std::size_t i = 1; i < length; ++i) {
        value = value << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    text.remove_prefix(length);
    return value;
}

bool is_identifier(std::string_view name) {
    if (name.empty() || !is_start(take_character(name))) return false;
    while (!name.empty()) {
        if (!is_continue(take_character(name))) return false;
    }
    return true;
}

}  // namespace

std::string_view without_path_mark(std::string_view name) {
    const bool has_mark = name.size() >= 2 && name.substr(name.size() - 2) == ".$";
    return has_mark ? name.substr(0, name.size() - 2) : name;
}

std::size_t character_count(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

std::string variable_name_fault(std::string_view name) {
    constexpr std::size_t kNameMax = 80;
    if (!is_identifier(name)) {
        return "expected the name of a variable (a letter, then letters, digits and '_'), but it "
               "is '" +
               std::string(name) + "'";
    }
    if (name == "states") return "expected another name than 'states', which is reserved";
    if (character_count(name) > kNameMax) {
        return "expected a name of at most 80 characters, but it has " +
               std::to_string(character_count(name));
    }
    return "";
}

}  // namespace stepwell::definition
