#include "tasks/etl/etl_columns.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "engine/base/nearest.hpp"
#include "tasks/data/known_columns.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::ColumnFaults;
using data::KnownColumns;

/// Follows the columns through the steps. A step whose columns cannot be told from what is written
/// leaves an open set: from there on anything may be a column.
class ColumnTrace {
public:
    explicit ColumnTrace(Written written) : faults_(written) {}

    std::vector<ShapeFault> run(const Json& parameters) {
        if (!is_written_down(parameters, "input") || !is_written_down(parameters, "steps"))
            return {};
        read_inputs(faults_.member(parameters, "input"));
        const Json* steps = faults_.member(parameters, "steps");
        if (steps != nullptr && !steps->is_array()) return {};
        for (std::size_t i = 0; steps != nullptr && i < steps->size(); ++i) {
            follow((*steps)[i], "/steps/" + std::to_string(i));
        }
        check_targets(parameters);
        check_checks(faults_.member(parameters, "checks"));
        return faults_.take();
    }

private:
    struct StepAt {
        const Json& argument;
        std::string pointer;
    };
    using Follow = void (ColumnTrace::*)(const StepAt& step);

    /// Whether nothing of the member, which decides what is known of all the rest, is computed.
    [[nodiscard]] bool is_written_down(const Json& parameters, const std::string& name) const {
        if (!parameters.is_object() || find(parameters, name + ".$") != nullptr) return false;
        const Json* value = find(parameters, name);
        return value == nullptr || value->is_null() || faults_.member(parameters, name) != nullptr;
    }

    void read_inputs(const Json* input) {
        if (input == nullptr || !input->is_object() || faults_.is_computed(*input)) return;
        const bool is_one =
            input->contains("uri") || input->contains("table") || input->contains("sql");
        if (is_one) {
            inputs_.emplace("input", faults_.of_input(input, "/input"));
            order_ = {"input"};
        } else {
            for (const auto& [name, one] : input->items()) {
                inputs_.emplace(name, faults_.of_input(&one, "/input" + pointer_part(name)));
                order_.push_back(name);
            }
        }
        if (!order_.empty()) columns_ = inputs_.at(order_.front());
    }

    void follow(const Json& step, const std::string& pointer) {
        if (!step.is_object() || faults_.is_computed(step)) return open();
        for (const auto& [type, argument] : step.items()) {
            const auto found = kinds().find(type);
            if (found == kinds().end() || argument.is_null()) continue;
            const StepAt at{argument, pointer + pointer_part(type)};
            if (is_computed_deeply(argument)) {
                open();
            } else {
                (this->*found->second)(at);
            }
        }
        // A later step may read the rows as they were after this one.
        if (const Json* name = faults_.member(step, "name"); name != nullptr && name->is_string()) {
            order_.push_back(name->get<std::string>());
        }
        for (const auto& [type, ignored] : step.items()) order_.push_back(type);
    }

    [[nodiscard]] bool is_computed_deeply(const Json& value) const {
        if (faults_.is_computed(value)) return true;
        if (!value.is_structured()) return false;
        return std::any_of(value.begin(), value.end(),
                           [&](const Json& element) { return is_computed_deeply(element); });
    }

    static const std::map<std::string, Follow, std::less<>>& kinds();

    /// From here on nothing is known.
    void open() { columns_ = {}; }
    void need(const Json* value, const std::string& pointer) {
        faults_.need(columns_, value, pointer);
    }
    void add_keys(const Json* value) {
        if (value == nullptr) return;
        const auto names = faults_.keys(*value, "");
        if (!names) return open();
        for (const auto& [name, ignored] : *names) columns_.add(name);
    }
    /// The argument itself, or a member of it, with where it stands.
    void need_here_or(const StepAt& step, std::string_view name) {
        if (!step.argument.is_object()) return need(&step.argument, step.pointer);
        need_member(step, name);
    }
    void need_member(const StepAt& step, std::string_view name) {
        need(faults_.member(step.argument, name), step.pointer + pointer_part(name));
    }

    // Steps that keep the columns.
    void nothing(const StepAt&) {}
    void anything(const StepAt&) { open(); }
    void on_columns(const StepAt& step) { need_here_or(step, "columns"); }
    void on_keys(const StepAt& step) { need_here_or(step, "keys"); }
    void on_members(const StepAt& step) {
        faults_.need_keys(columns_, &step.argument, step.pointer);
    }
    void fill(const StepAt& step) {
        on_members(step);
        if (!step.argument.is_object()) return;
        for (const auto& [name, value] : step.argument.items()) {
            need(faults_.member(value, "partition_by"),
                 step.pointer + pointer_part(name) + "/partition_by");
        }
    }

    // Steps that add some.
    void derive(const StepAt& step) { add_keys(&step.argument); }
    void window(const StepAt& step) {
        need_member(step, "partition_by");
        add_keys(faults_.member(step.argument, "columns"));
    }
    void surrogate_key(const StepAt& step) {
        need_member(step, "columns");
        columns_.add(string_or(step.argument, "name", "surrogate_key"));
    }

    // Steps that choose and rename.
    void select(const StepAt& step) {
        KnownColumns chosen{std::vector<std::string>()};
        const bool is_list = step.argument.is_array();
        const std::size_t count = is_list ? step.argument.size() : 1;
        for (std::size_t i = 0; i < count; ++i) {
            const Json& one = is_list ? step.argument[i] : step.argument;
            const std::string place = step.pointer + (is_list ? "/" + std::to_string(i) : "");
            if (one == "*") {
                if (!columns_.is_whole()) return open();
                for (const std::string& name : columns_.names()) chosen.add(name);
            } else if (one.is_string()) {
                need(&one, place);
                chosen.add(one.get<std::string>());
            } else if (one.is_object()) {
                for (const auto& [name, ignored] : one.items()) chosen.add(name);
            } else {
                return open();
            }
        }
        columns_ = std::move(chosen);
    }
    void drop(const StepAt& step) {
        need(&step.argument, step.pointer);
        const auto names = faults_.texts(step.argument, "");
        if (!names) return open();
        for (const auto& [name, ignored] : *names) columns_.remove(name);
    }
    void rename(const StepAt& step) {
        on_members(step);
        if (!step.argument.is_object()) return open();
        for (const auto& [old, ignored] : step.argument.items()) columns_.remove(old);
        for (const auto& [old, renamed] : step.argument.items()) {
            if (!renamed.is_string()) return open();
            columns_.add(renamed.get<std::string>());
        }
    }
    void map(const StepAt& step) {
        KnownColumns made{std::vector<std::string>()};
        if (!step.argument.is_array()) return open();
        for (std::size_t i = 0; i < step.argument.size(); ++i) {
            const Json& tuple = step.argument[i];
            const bool is_tuple = tuple.is_array() && tuple.size() == 4 && tuple[0].is_string() &&
                                  tuple[2].is_string();
            if (!is_tuple) return open();
            faults_.need_one(columns_, tuple[0].get<std::string>(),
                             step.pointer + "/" + std::to_string(i) + "/0");
            made.add(tuple[2].get<std::string>());
        }
        columns_ = std::move(made);
    }
    void aggregate(const StepAt& step) {
        need_member(step, "by");
        const Json* by = faults_.member(step.argument, "by");
        columns_ = KnownColumns{std::vector<std::string>()};
        if (const auto names = by == nullptr ? std::nullopt : faults_.texts(*by, "")) {
            for (const auto& [name, ignored] : *names) columns_.add(name);
        } else if (by != nullptr) {
            return open();
        }
        add_keys(faults_.member(step.argument, "columns"));
    }
    void unnest(const StepAt& step) {
        need_here_or(step, "column");
        open();  // a struct becomes columns that its type says
    }

    // Steps with other inputs.
    /// Null where its columns are not known.
    const KnownColumns* other(const Json* name, const std::string& pointer) {
        if (name == nullptr || !name->is_string() || order_.empty()) return nullptr;
        const auto& text = name->get_ref<const std::string&>();
        const auto found = inputs_.find(text);
        if (found != inputs_.end()) return &found->second;
        if (std::find(order_.begin(), order_.end(), text) != order_.end()) return nullptr;
        if (starts_with_a_step(text)) return nullptr;
        const auto near = nearest(text, order_);
        faults_.add({pointer, "", false,
                     "expected an input of the task, but there is no '" + text + "'",
                     near ? "did you mean '" + *near + "'?" : ""});
        return nullptr;
    }
    /// Whether it may be an earlier step whose name was taken: those get a number.
    [[nodiscard]] bool starts_with_a_step(const std::string& text) const {
        return std::any_of(order_.begin(), order_.end(),
                           [&](const std::string& name) { return text.starts_with(name + "_"); });
    }
    void join(const StepAt& step) {
        const KnownColumns* right =
            other(faults_.member(step.argument, "with"), step.pointer + "/with");
        const Json* on = faults_.member(step.argument, "on");
        if (on != nullptr && on->is_array()) {
            need(on, step.pointer + "/on");
            if (right != nullptr) faults_.need(*right, on, step.pointer + "/on");
        }
        const std::string how = string_or(step.argument, "how", "left");
        const Json* wanted = faults_.member(step.argument, "columns");
        if (right != nullptr) faults_.need(*right, wanted, step.pointer + "/columns");
        const bool keeps_columns = wanted == nullptr && (how == "semi" || how == "anti");
        if (!keeps_columns) add_from_other(wanted);
    }
    void lookup(const StepAt& step) {
        const KnownColumns* right =
            other(faults_.member(step.argument, "from"), step.pointer + "/from");
        const Json* wanted = faults_.member(step.argument, "columns");
        need_member(step, "on");
        if (right != nullptr) {
            faults_.need(*right, faults_.member(step.argument, "on"), step.pointer + "/on");
            faults_.need(*right, wanted, step.pointer + "/columns");
        }
        add_from_other(wanted);
    }
    /// Where both sides have columns of one name the step fails when it is run.
    void add_from_other(const Json* wanted) {
        const auto names = wanted == nullptr ? std::nullopt : faults_.texts(*wanted, "");
        if (!names) return open();
        const bool is_clear = std::none_of(names->begin(), names->end(), [&](const auto& name) {
            return columns_.has(name.first);
        });
        if (!is_clear || !columns_.is_whole()) return open();
        for (const auto& [name, ignored] : *names) columns_.add(name);
    }
    void unite(const StepAt& step) {
        const bool is_object = step.argument.is_object();
        const Json* with = is_object ? faults_.member(step.argument, "with") : &step.argument;
        const auto names = with == nullptr
                               ? std::nullopt
                               : faults_.texts(*with, step.pointer + (is_object ? "/with" : ""));
        if (!names) return open();
        bool is_known = columns_.is_whole();
        for (const auto& [name, pointer] : *names) {
            const Json text = name;
            const KnownColumns* right = other(&text, pointer);
            is_known = is_known && right != nullptr && right->is_whole();
            if (is_known) {
                for (const std::string& column : right->names()) columns_.add(column);
            }
        }
        if (!is_known) open();
    }

    void check_targets(const Json& parameters) {
        if (const Json* write = faults_.member(parameters, "write")) {
            for (const char* name : {"partition_by", "keys", "sort_by"}) {
                need(faults_.member(*write, name), std::string("/write/") + name);
            }
        }
        if (const Json* scd2 = faults_.member(parameters, "scd2")) {
            for (const char* name : {"keys", "track", "effective"}) {
                need(faults_.member(*scd2, name), std::string("/scd2/") + name);
            }
        }
    }
    void check_checks(const Json* checks) {
        if (checks == nullptr || !checks->is_array()) return;
        for (std::size_t i = 0; i < checks->size(); ++i) {
            const std::string pointer = "/checks/" + std::to_string(i);
            for (const auto& [kind, member] :
                 {std::pair{"duplicates", "keys"}, {"not_null", "columns"}}) {
                const Json* check = faults_.member((*checks)[i], kind);
                if (check != nullptr) {
                    need_here_or({*check, pointer + "/" + kind}, member);
                }
            }
        }
    }

    ColumnFaults faults_;
    std::map<std::string, KnownColumns> inputs_;
    std::vector<std::string> order_;  // names of inputs, then what steps may be called
    KnownColumns columns_;
};

const std::map<std::string, ColumnTrace::Follow, std::less<>>& ColumnTrace::kinds() {
    static const std::map<std::string, Follow, std::less<>> all = {
        {"trim", &ColumnTrace::on_columns},
        {"lower", &ColumnTrace::on_columns},
        {"upper", &ColumnTrace::on_columns},
        {"hash", &ColumnTrace::on_columns},
        {"dedupe", &ColumnTrace::on_keys},
        {"regexp_replace", &ColumnTrace::on_members},
        {"cast", &ColumnTrace::on_members},
        {"fill", &ColumnTrace::fill},
        {"derive", &ColumnTrace::derive},
        {"case", &ColumnTrace::derive},
        {"window", &ColumnTrace::window},
        {"generate_surrogate_key", &ColumnTrace::surrogate_key},
        {"select", &ColumnTrace::select},
        {"drop", &ColumnTrace::drop},
        {"rename", &ColumnTrace::rename},
        {"map", &ColumnTrace::map},
        {"filter", &ColumnTrace::nothing},
        {"sort", &ColumnTrace::nothing},
        {"limit", &ColumnTrace::nothing},
        {"sql", &ColumnTrace::anything},
        {"aggregate", &ColumnTrace::aggregate},
        {"join", &ColumnTrace::join},
        {"lookup", &ColumnTrace::lookup},
        {"union", &ColumnTrace::unite},
        {"unnest", &ColumnTrace::unnest},
        {"flatten", &ColumnTrace::unnest},
    };
    return all;
}

}  // namespace

std::vector<ShapeFault> etl_column_faults(const Json& parameters, Written written) {
    return ColumnTrace(written).run(parameters);
}

}  // namespace stepwell::tasks::etl
