"""Node's `ws` with permessage-deflate at both ends."""
import unittest

from harness.case import ProxyCase
from harness.node import NodeServer, run_node


class NodeWs(ProxyCase):
    def test_compressed_messages_fragments_pings_and_close_pass(self):
        proxy = self.front(self._keep(NodeServer("deflate_server.mjs")))
        self.assertEqual(run_node("deflate_client.mjs", proxy.websocket_url + "/echo"), "ok\n")

    def test_node_client_with_a_python_backend(self):
        proxy = self.front(self.websocket_backend(compression="deflate", subprotocols=["echo"]))
        self.assertEqual(run_node("deflate_client.mjs", proxy.websocket_url + "/"), "ok\n")


if __name__ == "__main__":
    unittest.main()
