#include "tasks/etl/pipeline.hpp"

#include <strings.h>

#include <algorithm>

#include "engine/base/nearest.hpp"
#include "tasks/support/parameters.hpp"

namespace stepwell::tasks::etl {

using data::data_fail;
using data::quote_identifier;

bool has_column(const std::vector<Column>& columns, const std::string& name) {
    return std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
        return ::strcasecmp(column.name.c_str(), name.c_str()) == 0;
    });
}

DataResult<void> need_columns(const std::vector<Column>& columns,
                              const std::vector<std::string>& names, const std::string& what) {
    for (const auto& name : names) {
        if (has_column(columns, name)) continue;
        std::vector<std::string> known;
        for (const auto& column : columns) known.push_back(column.name);
        const std::string near = nearest(name, known).value_or("");
        std::string list;
        for (const auto& column : known) list += (list.empty() ? "" : ", ") + column;
        return data_fail("E_SCHEMA", what + ": expected column '" + name + "', but there is none" +
                                         (near.empty() ? "; columns here: " + list
                                                       : "; did you mean '" + near + "'?"));
    }
    return {};
}

namespace {

DataResult<void> need_distinct(const std::vector<Column>& columns, const std::string& what) {
    std::vector<Column> before;
    for (const auto& column : columns) {
        if (has_column(before, column.name)) {
            return data_fail("E_SCHEMA",
                             what + ": expected columns of different names, but two are called '" +
                                 column.name + "'; rename or drop one of them before");
        }
        before.push_back(column);
    }
    return {};
}

}  // namespace

void Pipeline::bind(const Json& parameters) {
    for (const auto& [name, value] : parameters.items()) parameters_[name] = value;
}

std::string Pipeline::unused_name(const std::string& name) const {
    std::string candidate = quote_identifier(name);
    for (int i = 2;; ++i) {
        const bool is_used = std::any_of(relations_.begin(), relations_.end(),
                                         [&](const Relation& r) { return r.name == candidate; });
        if (!is_used) return candidate;
        candidate = quote_identifier(name + "_" + std::to_string(i));
    }
}

DataResult<void> Pipeline::add_input(const std::string& name, const std::string& relation) {
    relations_.push_back({quote_identifier(name), "select * from " + relation});
    if (relations_.size() > 1) return {};
    current_ = relations_.front().name;
    columns_ = SW_TRY(connection_.describe(query("select * from this"), parameters_));
    return {};
}

bool Pipeline::has_input(const std::string& name) const {
    return std::any_of(relations_.begin(), relations_.end(),
                       [&](const Relation& r) { return r.name == quote_identifier(name); });
}

DataResult<std::vector<Column>> Pipeline::input_columns(const std::string& name) {
    return connection_.describe(query("select * from " + quote_identifier(name)), parameters_);
}

DataResult<void> Pipeline::add_step(const std::string& name, const std::string& sql,
                                    const std::string& what) {
    // As it is, not `select * from` it: there the engine calls a second "a" "a_1".
    auto columns = connection_.describe(query("(" + sql + "\n)"), parameters_);
    if (!columns) return fail(std::move(columns).error().within(what));
    SW_TRY(need_distinct(*columns, what));
    columns_ = *std::move(columns);
    relations_.push_back({unused_name(name), "with this as not materialized (select * from " +
                                                 current_ + ") (" + sql + "\n)"});
    current_ = relations_.back().name;
    return {};
}

std::string Pipeline::query(const std::string& select_from_this) const {
    std::string with;
    for (const auto& relation : relations_) {
        with += (with.empty() ? "with " : ",\n") + relation.name + " as not materialized (" +
                relation.sql + ")";
    }
    return with + ",\nthis as not materialized (select * from " + current_ + ")\n" +
           select_from_this;
}

DataResult<std::int64_t> Pipeline::count_rows() {
    return connection_.query_integer(query("select count(*) from this"), parameters_);
}

DataResult<std::int64_t> Pipeline::materialize() {
    const std::string table = quote_identifier("_sw_etl_" + std::to_string(++tables_made_));
    SW_TRY(connection_.execute("create temp table " + table + " as " + query("select * from this"),
                               parameters_));
    const std::string name = unused_name("materialized");
    relations_.push_back({name, "select * from " + table});
    current_ = name;
    return connection_.query_integer("select count(*) from " + table);
}

}  // namespace stepwell::tasks::etl
