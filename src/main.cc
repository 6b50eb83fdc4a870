// The binary: its command line, and what `run` starts.
#include "cli/command_line.h"
#include "server.h"

int main(int argc, char** argv) {
  return pinion::cli::run_command_line(argc, argv, &pinion::run_server);
}
