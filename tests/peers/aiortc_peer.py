"""aiortc as a participant of a call: its own ICE, DTLS, SRTP and RTP, with libvpx and libopus."""

import asyncio
import math
from array import array
from fractions import Fraction

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame

from participant import main

# The size of the picture tells whose it is.
WIDTH, HEIGHT = 320, 240
FRAME_RATE = 15
SAMPLE_RATE = 48_000
SAMPLES = 960


class Clocked(MediaStreamTrack):
    """A track whose frames are due at regular moments, that many ticks apart."""

    def __init__(self, rate, ticks):
        super().__init__()
        self._rate = rate
        self._ticks = ticks
        self._number = 0
        self._began = None

    async def recv(self):
        loop = asyncio.get_running_loop()
        if self._began is None:
            self._began = loop.time()
        due = self._began + self._number * self._ticks / self._rate
        await asyncio.sleep(due - loop.time())
        frame = self._frame(self._number)
        frame.pts = self._number * self._ticks
        frame.time_base = Fraction(1, self._rate)
        self._number += 1
        return frame


class Picture(Clocked):
    """A bright bar that walks over grey."""

    kind = "video"

    def __init__(self):
        super().__init__(90_000, 90_000 // FRAME_RATE)

    def _frame(self, number):
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for index, plane in enumerate(frame.planes):
            rows = bytearray(b"\x80" * plane.buffer_size)
            if index == 0:
                at = 4 * number % (WIDTH - 32)
                for row in range(HEIGHT):
                    start = row * plane.line_size + at
                    rows[start : start + 32] = b"\xeb" * 32
            plane.update(bytes(rows))
        return frame


class Sound(Clocked):
    """A tone of 440 Hz."""

    kind = "audio"

    def __init__(self):
        super().__init__(SAMPLE_RATE, SAMPLES)

    def _frame(self, number):
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.sample_rate = SAMPLE_RATE
        step = 2 * math.pi * 440 / SAMPLE_RATE
        first = number * SAMPLES
        wave = (int(8000 * math.sin(step * (first + n))) for n in range(SAMPLES))
        frame.planes[0].update(array("h", wave).tobytes())
        return frame


class Peer:
    """A peer connection of aiortc."""

    def __init__(self, received):
        self.connected = asyncio.Event()
        self._received = received
        # Of lines that share a transport from the beginning aiortc takes the last one's candidates, but the first one of a bundle
        # has those of all (RFC 9143). So each line begins with a transport of its own.
        policy = RTCBundlePolicy.MAX_COMPAT
        self._connection = RTCPeerConnection(RTCConfiguration(bundlePolicy=policy))
        self._connection.on("connectionstatechange", self._state_changed)
        self._watches = {}
        self._counted = {}

    async def answer(self, sdp, publish):
        offer = RTCSessionDescription(sdp, "offer")
        await self._connection.setRemoteDescription(offer)
        tracks = {publish["audio"]: Sound, publish["video"]: Picture}
        for transceiver in self._connection.getTransceivers():
            line, track = transceiver.mid, transceiver.receiver.track
            if line in tracks and transceiver.sender.track is None:
                transceiver.sender.replaceTrack(tracks[line]())
                transceiver.direction = "sendonly"
            elif track is not None and line not in self._watches:
                watch = asyncio.ensure_future(self._watch(line, track))
                self._watches[line] = watch
        answer = await self._connection.createAnswer()
        await self._connection.setLocalDescription(answer)
        return self._connection.localDescription.sdp

    async def count(self):
        sent = {}
        for transceiver in self._connection.getTransceivers():
            line = transceiver.mid
            for report in (await transceiver.receiver.getStats()).values():
                if report.type == "inbound-rtp":
                    new = report.packetsReceived - self._counted.get(line, 0)
                    self._counted[line] = report.packetsReceived
                    self._received.packets(line, new)
            for report in (await transceiver.sender.getStats()).values():
                if report.type == "outbound-rtp" and report.packetsSent > 0:
                    sent[transceiver.kind] = report.packetsSent
        return sent

    async def close(self):
        for watch in self._watches.values():
            watch.cancel()
        await self._connection.close()

    def _state_changed(self):
        if self._connection.connectionState == "connected":
            self.connected.set()

    async def _watch(self, line, track):
        try:
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    self._received.frame(line, frame.width, frame.height)
                else:
                    self._received.frame(line)
        except MediaStreamError:
            # The line is over.
            pass


if __name__ == "__main__":
    main(__doc__, Peer)
