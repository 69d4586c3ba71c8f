// What the fields of a Map say when it begins: its items, and how many may run and fail.
#include "engine/core/states/map_fields.hpp"

#include "engine/core/state_probe.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::core {

using definition::MapState;
using definition::NumberOrPath;
using expression::Failure;

namespace {

constexpr double kPercentMax = 100;

/// A number of a Map in JSONata; `path_field` is the name of its *Path form.
Evaluated<std::int64_t> queried_number(const definition::Query& query, std::string_view path_field,
                                       Evaluation& at) {
    const std::string field(path_field.substr(0, path_field.size() - 4));
    const Json value =
        SW_TRY(query.evaluate(at.queries(at.frame().input), field, expression::QueryType::integer));
    if (const auto number = as_integer(value); number && *number >= 0) return *number;
    return fail(Failure{errors::kQueryEvaluation, field + " cannot be negative.", field});
}

Evaluated<Payload> queried_items(const MapState& map, Evaluation& at, const Payload& input) {
    if (map.items) {
        return Payload(
            SW_TRY(map.items->evaluate(at.queries(input), "Items", expression::QueryType::array)));
    }
    const Json& items = at.look_into(input);
    if (at.work().is_spent()) return fail(expression::work_failure(at.work(), "The list of items"));
    if (items.is_array()) return input;
    return fail(Failure{errors::kQueryEvaluation,
                        "Map state input must be an array but was: " + input.text()});
}

Evaluated<Payload> items_of(const MapState& map, Evaluation& at, const Payload& input) {
    if (at.given_items()) return read_of(map, at, *at.given_items());
    if (at.state().language == definition::QueryLanguage::jsonata) {
        return queried_items(map, at, input);
    }
    Payload items = input;
    if (map.items_path) {
        auto value = map.items_path->evaluate(at.over(input));
        if (!value) return fail(path_failure(*map.items_path, value.error()));
        items = Payload(std::move(value).value());
    }
    const bool is_array = at.look_into(items).is_array();
    if (at.work().is_spent()) return fail(expression::work_failure(at.work(), "The list of items"));
    if (is_array) return items;
    const std::string path = map.items_path ? map.items_path->text() : "$";
    return fail(Failure{errors::kRuntime, "Reference path \"" + path + "\" must point to array."});
}

Failure out_of_percentage(const char* error) {
    return {error, "ToleratedFailurePercentage must be between 0 and 100.",
            "ToleratedFailurePercentage"};
}

Evaluated<double> queried_percentage(const definition::Query& query, Evaluation& at) {
    const Json value = SW_TRY(query.evaluate(
        at.queries(at.frame().input), "ToleratedFailurePercentage", expression::QueryType::number));
    const double percentage = value.get<double>();
    if (percentage >= 0 && percentage <= kPercentMax) return percentage;
    return fail(out_of_percentage(errors::kQueryEvaluation));
}

/// A number, or a text that is one.
std::optional<double> as_float(const Json& value) {
    if (value.is_number()) return value.get<double>();
    if (!value.is_string()) return std::nullopt;
    const auto parsed = parse_json(value.get_ref<const std::string&>(), 1);
    if (!parsed || !parsed->is_number()) return std::nullopt;
    return parsed->get<double>();
}

Evaluated<double> percentage_at(const definition::Path& path, Evaluation& at) {
    const Payload input = SW_TRY(effective_input(at));
    auto value = path.evaluate(at.over(input));
    if (!value) return fail(path_failure(path, value.error()));
    const auto percentage = as_float(*value);
    if (!percentage) {
        return fail(Failure{errors::kRuntime,
                            "The ToleratedFailurePercentagePath field refers to value \"" +
                                quoted_value(*value) +
                                "\" which is not a valid float: " + path.text()});
    }
    if (*percentage >= 0 && *percentage <= kPercentMax) return *percentage;
    return fail(out_of_percentage(errors::kRuntime));
}

Evaluated<double> percentage_of(const MapState& map, Evaluation& at) {
    if (const auto& query = map.tolerated_failure_percentage_query) {
        return queried_percentage(*query, at);
    }
    const auto& path = map.tolerated_failure_percentage_path;
    if (path && map.distributed) return percentage_at(*path, at);
    return map.tolerated_failure_percentage.value_or(0);
}

Evaluated<std::int64_t> tolerated_count_of(const MapState& map, Evaluation& at) {
    if (!map.tolerated_failure_count.is_set()) return 0;
    if (const auto& query = map.tolerated_failure_count.query) {
        return queried_number(*query, "ToleratedFailureCountPath", at);
    }
    const Payload input = SW_TRY(effective_input(at));
    const std::int64_t count =
        SW_TRY(number_of(map.tolerated_failure_count, "ToleratedFailureCountPath", at.over(input)));
    if (count >= 0) return count;
    return fail(Failure{errors::kRuntime, "ToleratedFailureCount cannot be negative."});
}

/// A limit of ItemBatcher; `name` without "Path".
Evaluated<std::int64_t> batch_limit(const NumberOrPath& limit, const std::string& name,
                                    std::int64_t max, Evaluation& at) {
    if (!limit.is_set()) return 0;
    std::int64_t number = 0;
    const char* error = errors::kRuntime;
    if (limit.query) {
        error = errors::kQueryEvaluation;
        const Json value = SW_TRY(limit.query->evaluate(
            at.queries(at.frame().input), "ItemBatcher/" + name, expression::QueryType::integer));
        number = as_integer(value).value_or(0);
    } else {
        const Payload input = SW_TRY(effective_input(at));
        number = SW_TRY(number_of(limit, (name + "Path").c_str(), at.over(input)));
    }
    if (number >= 1 && number <= max) return number;
    const std::string location = limit.query ? "ItemBatcher/" + name : "";
    if (number < 1) return fail(Failure{error, name + " must be positive.", location});
    return fail(Failure{error, name + " must not exceed " + std::to_string(max) + ".", location});
}

}  // namespace

Evaluated<std::int64_t> number_of(const NumberOrPath& source, const char* field,
                                  const Environment& around) {
    if (!source.path) return source.number.value_or(0);
    auto value = source.path->evaluate(around);
    if (!value) return fail(path_failure(*source.path, value.error()));
    if (const auto number = as_integer(*value)) return *number;
    return fail(
        Failure{errors::kRuntime, std::string("The ") + field + " field refers to value \"" +
                                      quoted_value(*value) +
                                      "\" which is not a valid integer: " + source.path->text()});
}

Evaluated<Batching> batching_of(const MapState& map, Evaluation& at) {
    if (!map.distributed || !map.distributed->batcher) return Batching{};
    const definition::ItemBatcher& batcher = *map.distributed->batcher;
    Batching batching;
    batching.items_max = SW_TRY(batch_limit(batcher.items_max, "MaxItemsPerBatch", INT64_MAX, at));
    batching.bytes_max =
        SW_TRY(batch_limit(batcher.bytes_max, "MaxInputBytesPerBatch", kPayloadBytesMax, at));
    return batching;
}

Evaluated<Payload> batch_input_of(const definition::ItemBatcher& batcher, Evaluation& at,
                                  const Payload& input) {
    if (!batcher.has_input()) return Payload(Json());
    if (batcher.input_query) {
        return Payload(
            SW_TRY(batcher.input_query->evaluate(at.queries(input), "ItemBatcher/BatchInput")));
    }
    return Payload(SW_TRY(batcher.input->evaluate(at.over(input))));
}

Evaluated<Fanout> plan_map(const MapState& map, Evaluation& at) {
    const Payload input = SW_TRY(effective_input(at));
    const Payload nothing;
    const bool reads_input = map.max_concurrency.path.has_value();
    const auto& query = map.max_concurrency.query;
    const std::int64_t concurrency =
        query ? SW_TRY(queried_number(*query, "MaxConcurrencyPath", at))
              : SW_TRY(number_of(map.max_concurrency, "MaxConcurrencyPath",
                                 at.over(reads_input ? input : nothing)));
    if (concurrency < 0) {
        return fail(Failure{errors::kRuntime, "MaxConcurrency cannot be negative."});
    }
    at.show(Stage::max_concurrency, Payload(Json(concurrency)));
    Fanout fanout;
    const bool has_reader = map.distributed && map.distributed->reader && !at.given_items();
    // ItemsPath is not even looked at then.
    fanout.items = has_reader ? Payload(Json::array()) : SW_TRY(items_of(map, at, input));
    if (at.state().language == definition::QueryLanguage::jsonpath) {
        at.show(Stage::after_items_path, fanout.items);
    }
    const bool has_batch_input =
        map.distributed && map.distributed->batcher && map.distributed->batcher->has_input();
    if (map.item_selector || map.item_query || has_batch_input) fanout.selector_input = input;
    fanout.total = static_cast<std::uint32_t>(fanout.items.json().size());
    // An inline Map has no use for more.
    const std::int64_t most = map.distributed ? UINT32_MAX : fanout.total;
    fanout.concurrency_max = static_cast<std::uint32_t>(std::min(concurrency, most));
    return fanout;
}

Evaluated<Tolerance> tolerance_of(const MapState& map, Evaluation& at) {
    Tolerance tolerance;
    tolerance.percentage = SW_TRY(percentage_of(map, at));
    if (map.tolerated_failure_percentage_query || map.tolerated_failure_percentage ||
        (map.tolerated_failure_percentage_path && map.distributed)) {
        at.show(Stage::tolerated_failure_percentage, Payload(Json(tolerance.percentage)));
    }
    tolerance.count = SW_TRY(tolerated_count_of(map, at));
    return tolerance;
}

}  // namespace stepwell::core
