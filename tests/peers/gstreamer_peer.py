"""GStreamer's webrtcbin as a participant of a call: libnice, and GStreamer's DTLS, SRTP and RTP, with libvpx and libopus."""

import asyncio
import logging

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC

from participant import main

# The size of the picture tells whose it is.
WIDTH, HEIGHT = 256, 144
FRAME_RATE = 15

# With the forwarding unit's payload types.
SENDING = {
    "audio": "audiotestsrc is-live=true ! opusenc ! rtpopuspay name=audio pt=111",
    "video": f"videotestsrc is-live=true pattern=ball"
    f" ! video/x-raw,width={WIDTH},height={HEIGHT},framerate={FRAME_RATE}/1"
    f" ! vp8enc deadline=1 cpu-used=8 target-bitrate=300000"
    f" ! rtpvp8pay name=video pt=96 picture-id-mode=15-bit",
}
RECEIVING = {
    "audio": "queue ! rtpopusdepay ! opusdec",
    "video": "queue ! rtpvp8depay request-keyframe=true ! vp8dec",
}
END = " ! fakesink name=end signal-handoffs=true sync=false"

log = logging.getLogger("gstreamer")


class Peer:
    """A peer connection of webrtcbin. GStreamer calls from threads of its own."""

    def __init__(self, received):
        self.connected = asyncio.Event()
        self._received = received
        self._loop = asyncio.get_running_loop()
        self._pipeline = None
        self._connection = None
        self._sent = dict.fromkeys(SENDING, 0)
        self._flowing = {kind: asyncio.Event() for kind in SENDING}

    async def answer(self, sdp, publish):
        parsed, message = GstSdp.SDPMessage.new_from_text(sdp)
        if parsed != GstSdp.SDPResult.OK:
            raise ValueError("GStreamer cannot read the offer")
        if self._pipeline is None:
            self._begin(message, publish)
        kind = GstWebRTC.WebRTCSDPType.OFFER
        offer = GstWebRTC.WebRTCSessionDescription.new(kind, message)
        await self._ask("set-remote-description", offer)
        for flowing in self._flowing.values():
            # Before it does, an answer does not tell the SSRC.
            await flowing.wait()
        answered = await self._ask("create-answer", None)
        answer = answered.get_value("answer")
        await self._ask("set-local-description", answer)
        return answer.sdp.as_text()

    async def count(self):
        return dict(self._sent)

    async def close(self):
        if self._pipeline is not None:
            self._pipeline.set_state(Gst.State.NULL)

    def _begin(self, offer, publish):
        """Sends on the lines of the offer that are for it."""
        lines = [
            offer.get_media(index).get_attribute_val("mid")
            for index in range(offer.medias_len())
        ]
        places = {kind: lines.index(publish[kind]) for kind in SENDING}
        sending = [
            f"{source} ! queue ! connection.sink_{places[kind]}"
            for kind, source in SENDING.items()
        ]
        connection = "webrtcbin name=connection bundle-policy=max-bundle"
        self._pipeline = Gst.parse_launch("\n".join([connection, *sending]))
        self._pipeline.get_bus().set_sync_handler(self._bus_message)
        self._connection = self._pipeline.get_by_name("connection")
        self._connection.connect("notify::connection-state", self._state_changed)
        self._connection.connect("pad-added", self._pad_added)
        for kind, place in places.items():
            pad = self._connection.get_static_pad(f"sink_{place}")
            direction = GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY
            pad.get_property("transceiver").set_property("direction", direction)
            probe = Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST
            source = self._pipeline.get_by_name(kind).get_static_pad("src")
            source.add_probe(probe, self._packets_sent, kind)
        self._pipeline.set_state(Gst.State.PLAYING)

    async def _ask(self, signal, argument):
        """What comes of a promise."""
        done = self._loop.create_future()

        def kept(promise):
            self._loop.call_soon_threadsafe(done.set_result, promise)

        promise = Gst.Promise.new_with_change_func(kept)
        self._connection.emit(signal, argument, promise)
        reply = (await done).get_reply()
        if reply is not None and reply.has_field("error"):
            raise RuntimeError(f"{signal}: {reply.get_value('error')}")
        return reply

    def _bus_message(self, _bus, message):
        if message.type == Gst.MessageType.ERROR:
            error, details = message.parse_error()
            log.error("%s (%s)", error, details)
        return Gst.BusSyncReply.DROP

    def _state_changed(self, connection, _):
        state = connection.get_property("connection-state")
        if state == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            self._loop.call_soon_threadsafe(self.connected.set)

    def _packets_sent(self, _pad, info, kind):
        many = info.type & Gst.PadProbeType.BUFFER_LIST
        self._sent[kind] += info.get_buffer_list().length() if many else 1
        self._loop.call_soon_threadsafe(self._flowing[kind].set)
        return Gst.PadProbeReturn.OK

    def _pad_added(self, _connection, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        line = pad.get_property("transceiver").get_property("mid")
        pad.add_probe(Gst.PadProbeType.BUFFER, self._packet_came, line)
        receiving = Gst.parse_bin_from_description(RECEIVING[kind] + END, True)
        receiving.get_by_name("end").connect("handoff", self._frame_came, line)
        self._pipeline.add(receiving)
        receiving.sync_state_with_parent()
        pad.link(receiving.get_static_pad("sink"))

    def _packet_came(self, _pad, _info, line):
        self._loop.call_soon_threadsafe(self._received.packets, line, 1)
        return Gst.PadProbeReturn.OK

    def _frame_came(self, _sink, _buffer, pad, line):
        caps = pad.get_current_caps().get_structure(0)
        found = [caps.get_int(name) for name in ("width", "height")]
        size = [number for is_there, number in found if is_there]
        self._loop.call_soon_threadsafe(self._received.frame, line, *size)


if __name__ == "__main__":
    Gst.init(None)
    main(__doc__, Peer)
