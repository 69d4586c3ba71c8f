#include "engine/definition/named_in_texts.hpp"

#include "engine/base/ascii.hpp"
#include "engine/base/secret_reference.hpp"
#include "engine/expression/query.hpp"

namespace stepwell::definition {
namespace {

constexpr std::string_view kLake = "lake://";

bool is_of_lake_name(char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}

/// Lakes that `text` names plainly: not those of a glob, nor what only looks like one within a
/// word.
std::vector<std::string> lakes_named_in(std::string_view text) {
    std::vector<std::string> names;
    for (std::size_t at = text.find(kLake); at != text.npos; at = text.find(kLake, at + 1)) {
        if (at > 0 && (is_of_lake_name(text[at - 1]) || text[at - 1] == '+')) continue;
        const std::size_t begin = at + kLake.size();
        std::size_t end = begin;
        while (end < text.size() && is_of_lake_name(text[end])) ++end;
        const bool is_whole = end == text.size() || text[end] == '/' || text[end] == ' ' ||
                              text[end] == '\'' || text[end] == '"';
        if (end > begin && is_whole) names.emplace_back(text.substr(begin, end - begin));
    }
    return names;
}

class Walk {
public:
    Walk(Report& report, const Place& place, Written written)
        : report_(report), place_(place), written_(written) {}

    void into(const Json& value) {
        if (value.is_string()) return text(value.get_ref<const std::string&>());
        if (!value.is_structured()) return;
        std::size_t index = 0;
        for (const auto& [name, element] : value.items()) {
            const bool is_list = value.is_array();
            const bool is_computed =
                !is_list && written_ == Written::as_paths && name.ends_with(".$");
            const std::size_t before = pointer_.size();
            pointer_ += is_list ? "/" + std::to_string(index++) : pointer_part(name);
            if (!is_computed) into(element);
            pointer_.resize(before);
        }
    }

    void text(const std::string& text) {
        if (written_ == Written::as_queries && expression::Query::is_query(text)) return;
        for (std::string& lake : lakes_named_in(text)) {
            report_.refer(place_, pointer_, "lakes", std::move(lake));
        }
        const auto secrets = secrets_named_in(text);
        if (!secrets) {
            return report_.add_below(place_, pointer_, rule({secrets.error().message}),
                                     Said::of_itself);
        }
        for (const SecretName& secret : *secrets) {
            report_.refer(place_, pointer_, "secrets", secret.name);
        }
    }

private:
    Report& report_;
    const Place& place_;
    const Written written_;
    std::string pointer_;
};

}  // namespace

void refer_from_texts(Report& report, const Place& place, const Json& value, Written written) {
    Walk(report, place, written).into(value);
}

void refer_from_text(Report& report, const Place& place, std::string_view text) {
    Walk(report, place, Written::plainly).text(std::string(text));
}

}  // namespace stepwell::definition
