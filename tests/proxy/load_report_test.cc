// What backends report of their load in answers to sessions that pinion opens itself, to move
// somebody.
#include "rebind_stage.h"

namespace pinion::proxy {
namespace {

using namespace test;

const std::string kReport = "endpoint-load-metrics: TEXT application_utilization=0.5\r\n";

std::string with_report(const std::string& answer) {
  const std::size_t at = answer.find("\r\n") + 2;
  return answer.substr(0, at) + kReport + answer.substr(at);
}

std::optional<double> reported(RebindStage& stage) {
  return stage.proxy.backend(1).reported_load().get(monotonic_now());
}

}  // namespace

TEST_CASE("the answer to a move by WebSocket reports the load of its backend") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket();
  pipe.client.send(client_says(kStated));
  Peer right = stage.asked();
  CHECK_FALSE(reported(stage));
  right.send(with_report(kSwitching) + server_says(open_packet("xyz")));
  CHECK(right.read(client_says(kStated).size()) == client_says(kStated));
  CHECK(reported(stage) == 0.5);
}

TEST_CASE("the answer to a move by polling reports the load of its backend, also when it refuses") {
  RebindStage stage;
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  client.send(push("abc", kStated));
  Peer right = stage.asked("polling");
  right.send(with_report(answer("no", "503 Service Unavailable")));
  Peer stays = stage.wrong.accept();
  CHECK(RebindStage::request(stays, kStated.size()).ends_with(kStated));
  CHECK(reported(stage) == 0.5);
}

}  // namespace pinion::proxy
