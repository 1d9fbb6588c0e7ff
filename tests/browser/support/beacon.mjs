/** When beacons flash and beep, in milliseconds: every second, for a while. */
export const BEAT = { every: 1000, lasts: 150 };

/** How much later than beeps a page's flashes are, in milliseconds, where it does not draw at its usual 60 pictures in a second. */
export async function beaconLag(page) {
  const lags = await page.evaluate(() => globalThis.lagsOfBeacon);
  const median = lags.toSorted((a, b) => a - b)[Math.floor(lags.length / 2)] ?? 0;
  return Math.max(0, median - 2000 / 60);
}

/**
 * Runs in a page before its scripts: its camera and microphone become a beacon. The picture is of one colour and flashes white; at the
 * same moment, the microphone beeps. So a recording shows whose it is, and how far picture and sound are apart. Without a tone, it is the
 * browser's fake microphone that beeps, being heard at these moments only: Firefox plays an AudioContext where there is a loudspeaker.
 */
export function beBeacon({ colour, tone, beat }) {
  const capture = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
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
  const oscillator = () => {
    const context = new AudioContext();
    const gain = new GainNode(context, { gain: 0 });
    const voice = new OscillatorNode(context, { frequency: tone });
    const microphone = new MediaStreamAudioDestinationNode(context);
    voice.connect(gain).connect(microphone);
    // So faint that nobody hears it: a line that is all silence may be sent as none at all.
    const hum = new OscillatorNode(context, { frequency: 110 });
    hum.connect(new GainNode(context, { gain: 0.002 })).connect(microphone);
    voice.start();
    hum.start();
    void context.resume();
    const [track] = microphone.stream.getAudioTracks();
    return { track: () => track.clone(), beep: (on) => gain.gain.setValueAtTime(on ? 0.5 : 0, context.currentTime) };
  };
  const microphone = async () => {
    const [device] = (await capture({ audio: true })).getAudioTracks();
    const { set } = Object.getOwnPropertyDescriptor(MediaStreamTrack.prototype, 'enabled');
    const given = [];
    let beeping = false;
    const track = () => {
      const one = device.clone();
      // What the app wants of it; it is heard if it is wanted, and beeps.
      let wanted = true;
      const apply = () => set.call(one, wanted && beeping);
      Object.defineProperty(one, 'enabled', {
        get: () => wanted,
        set: (on) => {
          wanted = on;
          apply();
        },
      });
      given.push(apply);
      apply();
      return one;
    };
    const beep = (on) => {
      beeping = on;
      for (const apply of given) apply();
    };
    return { track, beep };
  };
  /** How long after each beep began or ended its flash was to be seen, in milliseconds. */
  globalThis.lagsOfBeacon = [];
  let made;
  const beacon = async () => {
    const [seen, heard] = [picture(), tone === undefined ? await microphone() : oscillator()];
    let lit = null;
    setInterval(() => {
      const flash = Date.now() % beat.every < beat.lasts;
      if (flash !== lit) {
        heard.beep(flash);
        const at = performance.now();
        // What is drawn is captured with one of the next two frames of the page.
        requestAnimationFrame(() => requestAnimationFrame(() => globalThis.lagsOfBeacon.push(performance.now() - at)));
      }
      lit = flash;
      seen.draw(flash);
    }, 15);
    return { seen, heard };
  };
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    made ??= beacon();
    const { seen, heard } = await made;
    const tracks = [];
    if (audio) tracks.push(heard.track());
    if (video) tracks.push(...seen.stream.getVideoTracks().map((track) => track.clone()));
    return new MediaStream(tracks);
  };
}
