#include "tasks/template/signature.hpp"

#include "engine/base/assert.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {

Signature::Signature(std::string_view text) {
    changes_self_ = text.starts_with('!');
    if (changes_self_) text.remove_prefix(1);
    const auto open = text.find('(');
    SW_ASSERT(open != std::string_view::npos && text.ends_with(')'));
    name_ = text.substr(0, open);
    text = text.substr(open + 1, text.size() - open - 2);
    by_position_only_ = text.starts_with('/');
    if (by_position_only_) text.remove_prefix(1);
    if (text.empty()) return;
    for (const std::string& part : split(text, ",")) {
        const std::string name = strip(part);
        if (name == "*")
            takes_more_ = true;
        else if (name == "**")
            takes_names_ = true;
        else if (name.ends_with('='))
            parameters_.push_back({name.substr(0, name.size() - 1), true});
        else
            parameters_.push_back({name, false});
    }
}

std::size_t Signature::position_of(std::string_view name) const {
    std::size_t i = 0;
    while (i < parameters_.size() && parameters_[i].name != name) ++i;
    return i;
}

Outcome<void> Signature::check(const Arguments& arguments) const {
    const std::size_t given = arguments.positional.size();
    if (given > parameters_.size() && !takes_more_) {
        return template_fail(name_ + "() takes at most " + std::to_string(parameters_.size()) +
                             " arguments, but got " + std::to_string(given));
    }
    for (const auto& [name, value] : arguments.named) {
        const std::size_t position = by_position_only_ ? parameters_.size() : position_of(name);
        if (position == parameters_.size()) {
            if (!takes_names_)
                return template_fail(name_ + "() takes no argument named '" + name + "'");
        } else if (position < given) {
            return template_fail(name_ + "() got more than one value for '" + name + "'");
        }
    }
    for (std::size_t i = given; i < parameters_.size(); ++i) {
        if (!parameters_[i].is_optional && arguments.get(i, parameters_[i].name) == nullptr)
            return template_fail(name_ + "() expects '" + parameters_[i].name + "'");
    }
    return {};
}

}  // namespace stepwell::tasks::jinja
