#include "tasks/etl/etl.hpp"

#include "tasks/etl/etl_run.hpp"
#include "tasks/etl/etl_shape.hpp"

namespace stepwell::tasks {
namespace etl {
namespace {

using data::DataSession;

/// Several writers of one table come after each other; each may take its time.
constexpr auto kWriterTimeout = std::chrono::minutes(30);

lake::WriteOptions options_of(DataSession& session, const LakeTarget& target) {
    lake::WriteOptions options;
    options.mode = target.mode;
    options.partition_by = target.partition_by;
    options.run_key = session.run_key();
    options.execution = session.context().request().execution_arn;
    options.max_partitions = target.max_partitions;
    options.bookmark_name =
        session.context().request().workflow_name + "/" + session.context().request().state_name;
    options.waiting.timeout = kWriterTimeout;
    options.waiting.is_cancelled = [&session] { return session.context().is_cancelled(); };
    return options;
}

void report_unchanged(DataSession& session, const LakeTarget& target, std::int64_t commit) {
    session.result()["unchanged"] = true;
    session.count("rows", "written", 0);
    session.result()["steps"] = Json::array();
    session.result()["outputs"].push_back({{"uri", target.uri},
                                           {"commit", commit},
                                           {"rows", 0},
                                           {"partitions_replaced", Json::array()},
                                           {"partitions_removed", 0},
                                           {"files_added", 0},
                                           {"files_removed", 0}});
}

DataResult<void> run_to_lake(DataSession& session, const EtlParameters& parameters,
                             const Json& raw) {
    const LakeTarget& target = *parameters.write;
    const auto root = SW_TRY(session.locations().lake_target(target.uri));
    lake::LakeWrite write = SW_TRY(lake::LakeWrite::begin(root, options_of(session, target)));
    if (const auto commit = write.needless())
        return report_unchanged(session, target, *commit), DataResult<void>{};
    OpenedInputs opened = SW_TRY(open_inputs(session, parameters, raw, write.bookmark(), ""));
    write.set_source(opened.fingerprint, opened.bookmarks);
    const auto commit = write.needless();
    if (commit || opened.inputs.empty()) {
        report_unchanged(session, target, commit.value_or(write.before().version));
        return {};
    }
    SW_TRY(count_left_out(session, parameters, opened));
    Pipeline pipeline(*opened.connection, parameters.params);
    const auto reading = target.mode == lake::WriteMode::merge ? Reading::often : Reading::once;
    StepCounts counts = SW_TRY(run_steps(parameters, opened, pipeline, reading));
    session.result()["unchanged"] = false;
    return write_lake(session, parameters, pipeline, std::move(counts), write);
}

}  // namespace

DataResult<void> run_etl(DataSession& session, const Json& raw) {
    const EtlParameters parameters = SW_TRY(EtlParameters::parse(raw));
    return parameters.write ? run_to_lake(session, parameters, raw)
                            : run_scd2(session, parameters, raw);
}

}  // namespace etl

std::vector<TaskType> etl_tasks() {
    TaskType type;
    type.name = "etl";
    type.host = HostKind::data;
    type.sections = {"connections", "lakes", "tasks"};
    type.parameters = etl::etl_shape();
    type.run = [](const Json& parameters, TaskContext& context) {
        return data::run_data_task(context, "etl", [&](data::DataSession& session) {
            return etl::run_etl(session, parameters);
        });
    };
    return {type};
}

}  // namespace stepwell::tasks
