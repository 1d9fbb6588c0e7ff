/** When beacons flash and beep, in milliseconds: every second, for a while. */
export const BEAT = { every: 1000, lasts: 150 };

/**
 * Runs in a page before its scripts: its camera and microphone become a beacon. The picture is of one colour and flashes white; at the
 * same moment, the microphone beeps. So a recording shows whose it is, and how far picture and sound are apart.
 */
export function beBeacon({ colour, tone, beat }) {
  const picture = () => {
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 360;
    const paint = canvas.getContext('2d');
    // Something that moves, as a camera's picture always does.
    let turn = 0;
    const draw = (flash) => {
      paint.fillStyle = flash ? '#ffffff' : colour;
      paint.fillRect(0, 0, canvas.width, canvas.height);
      paint.fillStyle = flash ? '#e0e0e0' : '#00000030';
      paint.fillRect((turn = (turn + 4) % canvas.width), canvas.height - 12, 24, 12);
    };
    return { stream: canvas.captureStream(30), draw };
  };
  const sound = () => {
    const context = new AudioContext();
    const gain = new GainNode(context, { gain: 0 });
    const oscillator = new OscillatorNode(context, { frequency: tone });
    const microphone = new MediaStreamAudioDestinationNode(context);
    oscillator.connect(gain).connect(microphone);
    // So faint that nobody hears it: a line that is all silence may be sent as none at all.
    const hum = new OscillatorNode(context, { frequency: 110 });
    hum.connect(new GainNode(context, { gain: 0.002 })).connect(microphone);
    oscillator.start();
    hum.start();
    void context.resume();
    return { stream: microphone.stream, beep: (on) => gain.gain.setValueAtTime(on ? 0.5 : 0, context.currentTime) };
  };
  let made;
  const beacon = () => {
    if (made !== undefined) return made;
    const [seen, heard] = [picture(), sound()];
    let lit = null;
    setInterval(() => {
      const flash = Date.now() % beat.every < beat.lasts;
      if (flash !== lit) heard.beep(flash);
      lit = flash;
      seen.draw(flash);
    }, 15);
    made = { seen, heard };
    return made;
  };
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    const { seen, heard } = beacon();
    const tracks = [];
    if (audio) tracks.push(...heard.stream.getAudioTracks());
    if (video) tracks.push(...seen.stream.getVideoTracks());
    return new MediaStream(tracks.map((track) => track.clone()));
  };
}
