"""Screenshots of the dashboard over a lively proxy: demo_screens.py FOLDER [SECONDS]

Several routes, a backend that is down and one that is drained, source ports that fill, a refused and a good
reload, clients who talk, come and go for SECONDS (default 40) before each picture.
"""
import os
import sys
import time

from harness.backends import HttpBackend
from harness.browser import Browser
from harness.proxy import Proxy
from harness.scene import Crowd, scene_config, unused_address
from harness.waiting import eventually
from harness.websocket_backend import WebSocketBackend

DESK = {"viewport": {"width": 1360, "height": 1000}}
PHONE = {"viewport": {"width": 360, "height": 780}, "deviceScaleFactor": 2, "isMobile": True}
PICTURES = {
    "light": {**DESK, "colorScheme": "light"},
    "dark": {**DESK, "colorScheme": "dark"},
    "phone": {**PHONE, "colorScheme": "light"},
    "phone-dark": {**PHONE, "colorScheme": "dark"},
}


def let_clients_in(proxy, crowd):
    crowd.talk("/chat/room?topic=harbour", 50, 0.5, 400)
    crowd.talk("/chat/lobby", 14, 0.3, 3_000, lives_s=6)
    crowd.talk("/feed", 30, 1, 20_000, lives_s=20)
    for path in ("/", "/page", "/feed"):
        crowd.request(path, 0.2, proxy.port)


def change_things(proxy, parts, drained):
    opened = lambda: proxy.metrics().value("fairlead_websocket_tunnels_opened_total", route="chat")
    eventually(lambda: opened() > 50, 20)
    proxy.write_config("nonsense = 1")
    proxy.control("/reload")
    proxy.write_config("\n".join(parts).replace("max_connections = 200", "max_connections = 250"))
    proxy.control("/reload")
    proxy.control(f"/drain?backend=chat/{drained}&window=2m")


def take_pictures(url, folder, seconds):
    browser = Browser()
    try:
        for name, options in PICTURES.items():
            browser.open(url, options)
            eventually(lambda: browser.attribute("#link", "data-state") == "live", 20)
            time.sleep(seconds)  # what a picture shows is what has happened by then
            browser.screenshot(os.path.join(folder, f"{name}-top.png"))
            browser.screenshot(os.path.join(folder, f"{name}.png"), {"fullPage": True})
            if name == "light":
                browser.scroll("#connections")
                eventually(lambda: browser.count("#connections .opener") > 0, 20)
                browser.click("#connections .opener")
                time.sleep(2)
                browser.screenshot(os.path.join(folder, "connection.png"))
            browser.close()
    finally:
        browser.end()


def main():
    folder = sys.argv[1]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 40
    os.makedirs(folder, exist_ok=True)
    chat, feed, web = [WebSocketBackend(), WebSocketBackend()], WebSocketBackend(), HttpBackend("web")
    parts = scene_config([each.address for each in chat], feed.address, web.address, unused_address())
    proxy = Proxy("\n".join(parts), workers=2)
    crowd = Crowd(proxy.websocket_url)
    try:
        let_clients_in(proxy, crowd)
        change_things(proxy, parts, chat[1].address)
        take_pictures(f"http://127.0.0.1:{proxy.admin_port}/", folder, seconds)
    finally:
        crowd.close()
        for backend in (*chat, feed, web):
            backend.close()
        proxy.stop()
    print("\n".join(sorted(os.path.join(folder, name) for name in os.listdir(folder))))


if __name__ == "__main__":
    main()
