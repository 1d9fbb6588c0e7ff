"""A participant that nobody here wrote: aiortc, a WebRTC stack in Python. Sends VP8 and Opus, decodes what comes."""

import asyncio
import fractions
import logging
import time

from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack
from av import VideoFrame

from participant import Participant


class Picture(MediaStreamTrack):
    """A pattern that moves, 20 frames a second."""

    kind = "video"
    WIDTH, HEIGHT, RATE, CLOCK = 320, 240, 20, 90_000

    def __init__(self):
        super().__init__()
        self.began = time.monotonic()
        self.number = 0
        self.pattern = bytes(range(256)) * (self.WIDTH * self.HEIGHT // 256 + 2)

    async def recv(self):
        due = self.began + self.number / self.RATE
        await asyncio.sleep(max(0, due - time.monotonic()))
        frame = VideoFrame(self.WIDTH, self.HEIGHT, "yuv420p")
        for plane in frame.planes:
            start = self.number % 256
            plane.update(self.pattern[start : start + plane.buffer_size])
        frame.pts = self.number * self.CLOCK // self.RATE
        frame.time_base = fractions.Fraction(1, self.CLOCK)
        self.number += 1
        return frame


class Stack:
    """The peer connection with the server."""

    def __init__(self):
        self.connected = asyncio.Event()
        self.frames = {"audio": 0, "video": 0}
        self.tasks = []
        self.connection = RTCPeerConnection()
        self.connection.addTrack(AudioStreamTrack())
        self.connection.addTrack(Picture())
        self.connection.on("track", self.on_track)
        self.connection.on("connectionstatechange", self.on_state)

    def on_track(self, track):
        self.tasks.append(asyncio.ensure_future(self.consume(track)))

    def on_state(self):
        if self.connection.connectionState == "connected":
            self.connected.set()

    async def consume(self, track):
        while True:
            await track.recv()
            self.frames[track.kind] += 1

    async def answer(self, offer, _publish):
        offer = RTCSessionDescription(with_candidates_everywhere(offer), "offer")
        await self.connection.setRemoteDescription(offer)
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        return self.connection.localDescription.sdp

    async def received(self):
        stats = (await self.connection.getStats()).values()
        packets = {"audio": 0, "video": 0}
        for stream in stats:
            if stream.type == "inbound-rtp":
                packets[stream.kind] += stream.packetsReceived
        return {"packets": packets, "frames": self.frames}

    async def close(self):
        for task in self.tasks:
            task.cancel()
        await self.connection.close()


def with_candidates_everywhere(offer):
    """aiortc takes the candidates of a bundle's last section, not of its first, where an offer has them."""
    head, *sections = offer.split("\r\nm=")
    lines = sections[0].split("\r\n")
    candidates = [line for line in lines if line.startswith(("a=candidate", "a=end-of-candidates"))]
    others = ["\r\n".join([section.rstrip(), *candidates]) for section in sections[1:]]
    return "\r\nm=".join([head, sections[0].rstrip(), *others]) + "\r\n"


async def main():
    # A picture that cannot be decoded is not worth a word: it shows in the frames.
    logging.getLogger("aiortc.codecs").setLevel(logging.ERROR)
    await Participant(Stack()).run()


asyncio.run(main())
