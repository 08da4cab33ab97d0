"""New certificates are taken from their files for new handshakes, and disturb nobody."""
import asyncio
import os
import re
import shutil
import signal
import ssl
import unittest

import websockets

from harness.case import pool, route
from harness.certificates import Authority, openssl
from harness.waiting import eventually
from tls_listener_test import TlsCase

LIVE = 1000


class NewCertificates(TlsCase):
    def setUp(self):
        super().setUp()
        self.own = Authority(os.path.join(self.folder.name, self.id()))
        self.own.issue("a.example")

    def serial(self, proxy, name="a.example"):
        text, _ = self.client(proxy, name=name)
        pem = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.S).group(0)
        return openssl("x509", "-noout", "-serial", data=pem.encode()).decode().strip()

    def listen(self):
        chain, key = self.own.path("a.example.pem"), self.own.path("a.example.key")
        return f'tls.certificates = [{{ chain = "{chain}", key = "{key}" }}]'

    def refused(self, proxy):
        return proxy.metrics().value("fairlead_tls_certificate_refused")

    def not_after(self, proxy):
        return proxy.metrics().value(
            "fairlead_tls_certificate_not_after_timestamp_seconds", certificate=self.own.path("a.example.pem")
        )

    def expect_other(self, proxy, before, name="a.example"):
        eventually(lambda: self.serial(proxy, name) != before, 10, "the new certificate is shown")

    def test_a_new_pair_is_shown_without_a_reload_and_its_end_is_told(self):
        proxy = self.front(self.http_backend(), listen=self.listen())
        before, end = self.serial(proxy), self.not_after(proxy)
        self.own.issue("a.example", days=60)
        self.expect_other(proxy, before)
        self.assertGreater(self.not_after(proxy), end + 29 * 86400)
        proxy.wait_said("'CN=a.example,O=Tests', good until")
        self.assertEqual(proxy.metrics().value("fairlead_config_generation"), 1)

    def test_a_pair_that_does_not_fit_leaves_the_one_before_and_says_why(self):
        proxy = self.front(self.http_backend(), listen=self.listen())
        before = self.serial(proxy)
        self.own.issue("other.example")
        os.replace(self.own.path("other.example.pem"), self.own.path("a.example.pem"))
        eventually(lambda: self.refused(proxy) == 1, 10, "the pair is refused")
        self.assertEqual(self.serial(proxy), before)
        proxy.wait_said("the private key is not that of the certificate")
        self.own.issue("a.example")
        self.expect_other(proxy, before)
        self.assertEqual(self.refused(proxy), 0)

    def test_a_folder_as_kubernetes_exchanges_it(self):
        mount = os.path.join(self.own.folder, "mount")
        for name, new in (("..1", False), ("..2", True)):
            os.makedirs(os.path.join(mount, name))
            if new:
                self.own.issue("a.example")
            for extension, kind in (("pem", "crt"), ("key", "key")):
                shutil.copy(self.own.path(f"a.example.{extension}"), os.path.join(mount, name, f"tls.{kind}"))
        os.symlink("..1", os.path.join(mount, "..data"))
        for kind in ("crt", "key"):
            os.symlink(f"..data/tls.{kind}", os.path.join(mount, f"tls.{kind}"))
        proxy = self.front(self.http_backend(), listen=f'tls.certificate_dir = "{mount}"')
        before = self.serial(proxy)
        os.symlink("..2", os.path.join(mount, "..data_tmp"))
        os.rename(os.path.join(mount, "..data_tmp"), os.path.join(mount, "..data"))
        self.expect_other(proxy, before)

    def test_a_certificate_that_is_put_into_a_folder_serves_its_name(self):
        folder = os.path.join(self.own.folder, "live")
        os.makedirs(os.path.join(folder, "a.example"))
        shutil.copy(self.own.path("a.example.pem"), os.path.join(folder, "a.example", "fullchain.pem"))
        shutil.copy(self.own.path("a.example.key"), os.path.join(folder, "a.example", "privkey.pem"))
        proxy = self.front(self.http_backend(), listen=f'tls.certificate_dir = "{folder}"')
        before = self.serial(proxy, "new.example")
        pair = self.own.issue("new.example")
        for made, name in zip(pair, ("new.example.pem", "new.example.key")):
            shutil.move(made, os.path.join(folder, name))
        self.expect_other(proxy, before, "new.example")
        self.assertEqual(self.serial(proxy, "a.example"), before)

    def test_a_reload_with_a_bad_certificate_is_refused_with_its_place(self):
        proxy = self.front(self.http_backend(), listen=self.listen())
        before = self.serial(proxy)
        with open(self.own.path("a.example.pem"), "w") as file:
            file.write("nothing")
        status, answer = proxy.control("/reload")
        self.assertEqual(status, 422)
        self.assertIn("there is no certificate in PEM in it", answer["errors"][0]["text"])
        self.assertRegex(answer["errors"][0]["text"], r"fairlead\.toml:\d+:\d+: ")
        self.assertEqual(self.serial(proxy), before)

    def test_live_websockets_outlive_new_certificates_and_reloads(self):
        backend = self.websocket_backend()
        proxy = self.start_proxy(pool("app", backend), route(), listen=self.listen(), workers=2)
        context = ssl.create_default_context(cafile=self.own.pem)

        async def live():
            gate = asyncio.Semaphore(50)

            url = f"wss://127.0.0.1:{proxy.port}/"
            options = {"ssl": context, "server_hostname": "a.example", "ping_interval": None}

            async def opened():
                async with gate:
                    return await websockets.connect(url, **options)

            sockets = await asyncio.gather(*(opened() for _ in range(LIVE)))
            before = self.serial(proxy)
            self.own.issue("a.example")
            await asyncio.to_thread(self.expect_other, proxy, before)
            proxy.signal(signal.SIGHUP)
            await asyncio.to_thread(
                eventually, lambda: proxy.metrics().value("fairlead_config_generation") == 2, 10, "reloaded"
            )
            for one in sockets:
                await one.send("still there")
            answers = await asyncio.gather(*(one.recv() for one in sockets))
            self.assertEqual(len(answers), LIVE)
            self.assertEqual(proxy.metrics().value("fairlead_websocket_tunnels_active"), LIVE)
            await asyncio.gather(*(one.close() for one in sockets))

        self.run_async(live(), timeout_s=80)


if __name__ == "__main__":
    unittest.main()
