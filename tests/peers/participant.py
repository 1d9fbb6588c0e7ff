"""A participant of a call, as docs/protocol.md tells it: REST and the WebSocket. The media is somebody else's work.

It takes the first call that rings, answers every offer of the forwarding unit, says that it is connected, and asks for everybody's
camera. A line of JSON tells every second and at the end what was sent and what came of whom. It lives until the call is over, or
leaves when its standard input ends. PEER_LOG=DEBUG in the environment makes it and its media talkative.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import urllib.request
from collections import Counter

from websockets.asyncio.client import connect

# In device pixels.
WIDTH, HEIGHT = 640, 360
REPORT_INTERVAL = 1.0
REST_TIMEOUT = 10.0

log = logging.getLogger("participant")


class Received:
    """What came of others: packets and decoded frames, by whose they are."""

    def __init__(self):
        self._owners = {}
        self._counts = {}

    def assign(self, tracks):
        """Tells what comes on which line from now on."""
        for track in tracks:
            self._owners[track["mid"]] = (track["userId"], track["source"])

    def packets(self, line, number):
        self._of(line)["packets"] += number

    def frame(self, line, width=None, height=None):
        """A decoded frame; of pictures with its size."""
        counts = self._of(line)
        counts["frames"] += 1
        if width is not None:
            counts["width"], counts["height"] = width, height

    def report(self):
        return [
            {"userId": user, "source": source, **counts}
            for (user, source), counts in self._counts.items()
        ]

    def _of(self, line):
        owner = self._owners.get(line, ("", line))
        return self._counts.setdefault(owner, Counter())


class Participant:
    """The signalling of one device. `new_peer` makes a peer connection, which tells a `Received` what arrives and has:

    - `connected`, an `asyncio.Event`,
    - `await answer(sdp, publish)`: the SDP that answers an offer,
    - `await count()`: packets sent of each kind; what arrived is told by then,
    - `await close()`.
    """

    def __init__(self, options, new_peer):
        self._options = options
        self._new_peer = new_peer
        self._received = Received()
        self._socket = None
        self._user = None
        self._call = None
        self._session = None
        self._peer = None
        self._connecting = None
        self._offers = 0

    async def take_part(self):
        address = self._options.url.replace("http", "ws", 1) + "/ws"
        async with connect(address) as self._socket:
            token, device = self._options.token, self._options.device
            await self._send("session:hello", token=token, deviceId=device)
            tasks = [
                asyncio.ensure_future(work)
                for work in (self._listen(), self._report_for_ever(), self._dismissed())
            ]
            done, rest = await asyncio.wait(
                tasks, return_when=asyncio.FIRST_COMPLETED
            )
            for task in rest:
                task.cancel()
            for task in done:
                task.result()
            await self._report(final=True)
            if self._connecting is not None:
                self._connecting.cancel()
            if self._peer is not None:
                await self._peer.close()

    async def _listen(self):
        async for text in self._socket:
            log.debug("got %s", text)
            message = json.loads(text)
            kind = message["type"]
            if kind == "session:ready":
                self._user = message["userId"]
                for call in message["calls"]:
                    await self._take(call)
            elif kind == "call:incoming":
                await self._take(message["call"])
            elif kind == "call:participant-joined":
                await self._subscribe()
            elif kind == "media:offer":
                await self._offered(message)
            elif kind == "call:ended" and message["callId"] == self._call:
                return
            elif kind == "error":
                raise RuntimeError(f"the server refused: {text}")
        raise RuntimeError("the server closed the socket")

    async def _dismissed(self):
        """Leaves when the standard input ends."""
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        def readable():
            if not os.read(sys.stdin.fileno(), 4096):
                loop.remove_reader(sys.stdin)
                ended.set_result(None)

        loop.add_reader(sys.stdin, readable)
        await ended
        if self._call is not None:
            await self._rest(f"/api/calls/{self._call}/leave", {})

    async def _take(self, call):
        if self._call is None:
            self._call = call["id"]
            device = {"deviceId": self._options.device}
            await self._rest(f"/api/calls/{self._call}/answer", device)

    async def _offered(self, offer):
        if offer["session"] != self._session:
            self._session = offer["session"]
            old, self._peer = self._peer, self._new_peer(self._received)
            connected = self._connected(self._peer, old)
            self._connecting = asyncio.ensure_future(connected)
        self._received.assign(offer["tracks"])
        sdp = await self._peer.answer(offer["sdp"], offer["publish"])
        which = {"session": offer["session"], "revision": offer["revision"]}
        await self._send("media:answer", callId=self._call, sdp=sdp, **which)
        self._offers += 1
        await self._subscribe()

    async def _connected(self, peer, old):
        await peer.connected.wait()
        await self._send("call:connected", callId=self._call)
        if old is not None:
            await old.close()

    async def _subscribe(self):
        """Everybody's camera is on the screen."""
        if self._session is None:
            return
        call = await self._rest(f"/api/calls/{self._call}")
        others = [
            participant["userId"]
            for participant in call["participants"]
            if participant["deviceId"] and participant["userId"] != self._user
        ]
        picture = {"source": "video", "width": WIDTH, "height": HEIGHT, "pinned": False}
        streams = [{"userId": user, **picture} for user in others]
        await self._send("media:subscription", callId=self._call, streams=streams)

    async def _report_for_ever(self):
        while True:
            await asyncio.sleep(REPORT_INTERVAL)
            await self._report(final=False)

    async def _report(self, final):
        peer = self._peer
        report = {
            "final": final,
            "offers": self._offers,
            "connected": peer is not None and peer.connected.is_set(),
            "sent": {} if peer is None else await peer.count(),
            "received": self._received.report(),
        }
        print(json.dumps(report), flush=True)

    async def _send(self, kind, **fields):
        text = json.dumps({"type": kind, **fields})
        log.debug("sends %s", text)
        await self._socket.send(text)

    async def _rest(self, path, body=None):
        """GET, or POST with a body."""
        request = urllib.request.Request(
            self._options.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "authorization": f"Bearer {self._options.token}",
                "content-type": "application/json",
            },
        )

        def ask():
            with urllib.request.urlopen(request, timeout=REST_TIMEOUT) as response:
                return json.load(response)

        return await asyncio.to_thread(ask)


def main(about, new_peer):
    """Runs a participant with that kind of peer connection."""
    arguments = argparse.ArgumentParser(description=about)
    arguments.add_argument("--url", required=True, help="http://… of the server")
    arguments.add_argument("--token", required=True, help="who takes part")
    arguments.add_argument("--device", default="peer", help="this device's id")
    options = arguments.parse_args()
    logging.basicConfig(level=os.environ.get("PEER_LOG", "WARNING"))
    asyncio.run(Participant(options, new_peer).take_part())
