#include "tasks/load/load_columns.hpp"

#include "tasks/data/known_columns.hpp"

namespace stepwell::tasks::data {

std::vector<ShapeFault> load_column_faults(const Json& parameters, Written written) {
    ColumnFaults faults(written);
    KnownColumns columns = faults.of_input(faults.member(parameters, "input"), "/input");
    faults.need(columns, faults.member(parameters, "keys"), "/keys");
    const Json* update = faults.member(parameters, "update");
    const Json* updated = update == nullptr ? nullptr : faults.member(*update, "columns");
    if (updated == nullptr || *updated == "all") return faults.take();
    if (const Json* audit = faults.member(parameters, "audit_columns"); audit != nullptr) {
        const auto is_plain = audit->is_object() && !faults.is_computed(*audit);
        if (!is_plain) return faults.take();
        for (const auto& [what, name] : audit->items()) {
            if (name.is_string()) columns.add(name.get<std::string>());
        }
    }
    faults.need(columns, updated, "/update/columns");
    return faults.take();
}

}  // namespace stepwell::tasks::data
