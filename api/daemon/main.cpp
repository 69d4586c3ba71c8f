// The program: a task host where it is told to be one, else the command line.
#include <cstring>

#include "api/daemon/cli.hpp"
#include "tasks/host/host_main.hpp"

int main(int argc, char** argv) {
    // First of all: a host shall not pay for what only the daemon needs.
    if (argc > 1 && std::strcmp(argv[1], stepwell::tasks::kHostCommand) == 0) {
        return stepwell::tasks::host_main(argc, argv);
    }
    return stepwell::api::cli::run_command_line(argc, argv);
}
