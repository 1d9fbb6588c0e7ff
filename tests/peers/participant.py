"""One device in a call: REST and the socket, as docs/protocol.md tells them. What answers the server's offers is up to the stack.

Every half second a line of JSON tells what came so far. The device stays in the call until its standard input ends.
"""

import argparse
import asyncio
import json
import sys
import threading
import urllib.request

import websockets


class Participant:
    """A device that takes a call and answers the offers of the server."""

    def __init__(self, stack):
        arguments = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
        arguments.add_argument("--url", required=True, help="the server, http://…")
        arguments.add_argument("--token", required=True, help="a token of the user")
        arguments.add_argument("--call", required=True, help="the call to take")
        arguments.add_argument("--device", default="foreign", help="the device's id")
        options = arguments.parse_args()
        self.url = options.url
        self.token = options.token
        self.call = options.call
        self.device = options.device
        self.stack = stack
        self.socket = None

    async def run(self):
        """Lives until the input ends, the server closes or the call is over."""
        over = input_ends()
        address = self.url.replace("http", "ws", 1) + "/ws"
        async with websockets.connect(address, max_size=None) as self.socket:
            await self.send("session:hello", token=self.token, deviceId=self.device)
            await self.expect("session:ready")
            await asyncio.to_thread(self.take)
            tasks = [
                asyncio.ensure_future(work)
                for work in (self.follow(), self.report(), self.tell_when_connected(), over)
            ]
            done, rest = await asyncio.wait(tasks[:2] + tasks[3:], return_when=asyncio.FIRST_COMPLETED)
            for task in rest | {tasks[2]}:
                task.cancel()
            for task in done:
                task.result()
        await self.stack.close()

    def take(self):
        """POST /api/calls/{id}/answer."""
        request = urllib.request.Request(
            f"{self.url}/api/calls/{self.call}/answer",
            data=json.dumps({"deviceId": self.device}).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            response.read()

    async def follow(self):
        """Answers offers, in their order, until the call is over."""
        async for frame in self.socket:
            message = json.loads(frame)
            if message["type"] == "media:offer":
                answer = await self.stack.answer(message["sdp"], message["publish"])
                await self.send(
                    "media:answer",
                    callId=self.call,
                    session=message["session"],
                    revision=message["revision"],
                    sdp=answer,
                )
            elif message["type"] == "error":
                raise RuntimeError(f"{message['code']}: {message['detail']}")
            elif message["type"] == "call:ended":
                return

    async def tell_when_connected(self):
        await self.stack.connected.wait()
        await self.send("call:connected", callId=self.call)

    async def report(self):
        """What came so far, twice a second."""
        while True:
            print(json.dumps(await self.stack.received()), flush=True)
            await asyncio.sleep(0.5)

    async def expect(self, kind):
        message = json.loads(await self.socket.recv())
        if message["type"] != kind:
            raise RuntimeError(f"{message} in place of {kind}")

    async def send(self, kind, **fields):
        await self.socket.send(json.dumps({"type": kind, **fields}))


def input_ends():
    """A future that is done when nobody holds our standard input any longer."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def wait():
        sys.stdin.read()
        loop.call_soon_threadsafe(lambda: ended.done() or ended.set_result(None))

    threading.Thread(target=wait, daemon=True).start()
    return ended
