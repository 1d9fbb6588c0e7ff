"""A participant that nobody here wrote: GStreamer's webrtcbin. Sends VP8 and Opus, decodes what comes."""

import asyncio

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: E402

from participant import Participant  # noqa: E402

# What is sent, and on which line of the offer (`publish`).
SOURCES = {
    "audio": (
        "audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample ! opusenc"
        " ! rtpopuspay pt=111 ! capsfilter caps=application/x-rtp,media=audio,encoding-name=OPUS,payload=111"
    ),
    "video": (
        "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=20/1"
        " ! videoconvert ! vp8enc deadline=1 target-bitrate=300000 keyframe-max-dist=60 error-resilient=default"
        " ! rtpvp8pay pt=96 picture-id-mode=15-bit"
        " ! capsfilter caps=application/x-rtp,media=video,encoding-name=VP8,payload=96"
    ),
}
SINKS = {
    "audio": "queue ! rtpopusdepay ! opusdec ! fakesink name=sink sync=false",
    "video": "queue ! rtpvp8depay ! vp8dec ! fakesink name=sink sync=false",
}


class Stack:
    """The peer connection with the server."""

    def __init__(self):
        Gst.init(None)
        self.loop = asyncio.get_running_loop()
        self.connected = asyncio.Event()
        self.packets = {"audio": 0, "video": 0}
        self.frames = {"audio": 0, "video": 0}
        self.sends = False
        self.pipeline = Gst.Pipeline.new(None)
        self.connection = Gst.ElementFactory.make("webrtcbin", None)
        self.connection.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.connection.connect("pad-added", self.on_pad)
        self.connection.connect("notify::connection-state", self.on_state)
        self.pipeline.add(self.connection)
        self.pipeline.set_state(Gst.State.PLAYING)

    def on_state(self, connection, _property):
        state = connection.get_property("connection-state")
        if state == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            self.loop.call_soon_threadsafe(self.connected.set)

    def on_pad(self, _connection, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        branch = Gst.parse_bin_from_description(SINKS[kind], True)
        self.pipeline.add(branch)
        branch.sync_state_with_parent()
        pad.add_probe(Gst.PadProbeType.BUFFER, self.count, (self.packets, kind))
        decoded = branch.get_by_name("sink").get_static_pad("sink")
        decoded.add_probe(Gst.PadProbeType.BUFFER, self.count, (self.frames, kind))
        pad.link(branch.get_static_pad("sink"))

    @staticmethod
    def count(_pad, _info, counted):
        counters, kind = counted
        counters[kind] += 1
        return Gst.PadProbeReturn.OK

    async def answer(self, offer, publish):
        _, sdp = GstSdp.SDPMessage.new_from_text(offer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, sdp)
        if not self.sends:
            # A pad of a line has to be there before the line is answered.
            self.send(sdp, publish)
        await self.asked("set-remote-description", description)
        answered = await self.asked("create-answer", None)
        answer = answered.get_value("answer")
        await self.asked("set-local-description", answer)
        return answer.sdp.as_text()

    def send(self, sdp, publish):
        """Sources for the lines of the offer on which to send."""
        self.sends = True
        for number in range(sdp.medias_len()):
            mid = sdp.get_media(number).get_attribute_val("mid")
            for kind, source in SOURCES.items():
                if publish[kind] == mid:
                    branch = Gst.parse_bin_from_description(source, True)
                    self.pipeline.add(branch)
                    pad = self.connection.request_pad_simple(f"sink_{number}")
                    branch.get_static_pad("src").link(pad)
                    branch.sync_state_with_parent()

    async def asked(self, signal, argument):
        """Emits a signal of webrtcbin that answers by a promise."""
        done = self.loop.create_future()

        def changed(promise):
            reply = promise.get_reply()
            self.loop.call_soon_threadsafe(done.set_result, reply)

        promise = Gst.Promise.new_with_change_func(changed)
        self.connection.emit(signal, argument, promise)
        return await done

    async def received(self):
        return {"packets": self.packets, "frames": self.frames}

    async def close(self):
        self.pipeline.set_state(Gst.State.NULL)


async def main():
    await Participant(Stack()).run()


asyncio.run(main())
