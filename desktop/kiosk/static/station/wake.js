// Listens for the wake phrase with the microphone alone. The station hears a quarter of a second at a time and keeps none of it.

import { CameraError, closeCamera, watchCamera } from "./camera.js";
import { until } from "./waiting.js";

const RATE = 16_000;
const WAITING_PIECES = 8;

/**
 * Wait until the wake phrase was said.
 * @param {() => void} begun called once the microphone is listened to
 */
export async function wakePhrase(api, language, signal, begun) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  const context = new AudioContext({ sampleRate: RATE });
  try {
    signal.throwIfAborted();
    await context.audioWorklet.addModule("/static/station/wake_worklet.js");
    signal.throwIfAborted();
    const node = new AudioWorkletNode(context, "quarter-seconds", { numberOfOutputs: 0 });
    context.createMediaStreamSource(stream).connect(node);
    context.resume().catch(() => {});
    begun();
    await heard(stream, node.port, api, language, signal);
  } finally {
    closeCamera(stream);
    context.close().catch(() => {});
  }
}

function heard(stream, port, api, language, signal) {
  const pieces = [];
  let busy = false;
  return until(signal, (resolve, reject) => {
    watchCamera(stream, signal, () => reject(new CameraError("lost")));
    const send = async () => {
      busy = true;
      while (pieces.length && !signal.aborted) {
        const answer = await api.listen(language, pieces.shift(), signal).catch(() => null); // the next piece may get through
        if (answer?.heard) resolve();
      }
      busy = false;
    };
    port.onmessage = ({ data }) => {
      pieces.push(data);
      if (pieces.length > WAITING_PIECES) pieces.shift();
      if (!busy) send();
    };
  });
}
