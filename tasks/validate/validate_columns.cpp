#include "tasks/validate/validate_columns.hpp"

#include "tasks/data/known_columns.hpp"
#include "tasks/validate/validate_semantics.hpp"

namespace stepwell::tasks::data {
namespace {

class ValidateColumns {
public:
    ValidateColumns(const Json& parameters, Written written)
        : parameters_(parameters), faults_(written) {}

    std::vector<ShapeFault> run() {
        columns_ = faults_.of_input(faults_.member(parameters_, "input"), "/input");
        check_rules();
        if (!columns_.is_whole()) columns_ = columns_of_rules();
        const Json* checks = faults_.member(parameters_, "checks");
        if (checks == nullptr || !checks->is_array()) return faults_.take();
        for (std::size_t i = 0; i < checks->size(); ++i) {
            check_one((*checks)[i], "/checks/" + std::to_string(i));
        }
        return faults_.take();
    }

private:
    /// As written under `schema`; nothing where it is computed.
    [[nodiscard]] std::optional<std::string> policy(std::string_view name,
                                                    const std::string& otherwise) const {
        if (!parameters_.is_object() || faults_.is_computed(parameters_)) return std::nullopt;
        const Json* schema = find(parameters_, "schema");
        if (schema == nullptr || schema->is_null()) return otherwise;
        if (!schema->is_object() || faults_.is_computed(*schema)) return std::nullopt;
        return string_or(*schema, name, otherwise);
    }

    /// A rule whose column must be there.
    void check_rules() {
        const Json* rules = faults_.member(parameters_, "columns");
        const auto names = rules == nullptr ? std::nullopt : faults_.keys(*rules, "/columns");
        if (!names) return;
        const bool must_be_there = policy("missing", "fail") == "fail";
        for (const auto& [name, pointer] : *names) {
            const Json& rule = (*rules)[name];
            const Json* own = faults_.member(rule, "required");
            if (faults_.is_computed(rule)) continue;
            if (own == nullptr ? !must_be_there : *own != true) continue;
            faults_.need_one(columns_, name, pointer, true);
        }
    }

    /// All that may be there, where columns without a rule fail the task.
    [[nodiscard]] KnownColumns columns_of_rules() const {
        const Json* rules = faults_.member(parameters_, "columns");
        const auto names = rules == nullptr ? std::nullopt : faults_.keys(*rules, "");
        const Json* on_fail = find(parameters_, "on_fail");
        const bool can_fail =
            on_fail == nullptr || (!faults_.is_computed(*on_fail) && *on_fail != "warn");
        const bool is_closed = can_fail && policy("extra", "ignore") == "fail";
        if (!names || names->empty() || !is_closed) return {};
        std::vector<std::string> all;
        for (const auto& [name, ignored] : *names) all.push_back(name);
        return KnownColumns(std::move(all));
    }

    void check_one(const Json& check, const std::string& pointer) {
        for (const auto& [kind, member] :
             {std::pair{"duplicates", "keys"}, {"references", "column"}, {"freshness", "column"}}) {
            const Json* found = faults_.member(check, kind);
            if (found == nullptr) continue;
            faults_.need(columns_, faults_.member(*found, member),
                         pointer + "/" + kind + "/" + member);
        }
        const Json* anomaly = faults_.member(check, "anomaly");
        const Json* text = anomaly == nullptr ? nullptr : faults_.member(*anomaly, "metric");
        if (text == nullptr || !text->is_string()) return;
        const auto metric = parse_metric(text->get<std::string>());
        if (!metric || metric->column.empty()) return;
        faults_.need_one(columns_, metric->column, pointer + "/anomaly/metric");
    }

    const Json& parameters_;
    ColumnFaults faults_;
    KnownColumns columns_;
};

}  // namespace

std::vector<ShapeFault> validate_column_faults(const Json& parameters, Written written) {
    return ValidateColumns(parameters, written).run();
}

}  // namespace stepwell::tasks::data
