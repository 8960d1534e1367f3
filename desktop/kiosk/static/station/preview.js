// Asks the station what it sees, a few times a second and never twice at once.

import { pause } from "./waiting.js";

const WIDTH = 320;
const QUALITY = 0.75;
const UNSEEN = 2;

/**
 * Look until the signal is aborted.
 * @param {MediaStream} stream of the camera
 * @param {import("./api.js").Api} api
 * @param {number} interval milliseconds between two looks
 * @param {(seen: {hints: string[], face: object | null} | null) => void} tell null where the station could not look for a while
 */
export async function watch(stream, api, interval, signal, tell) {
  const video = playing(stream, signal);
  const canvas = document.createElement("canvas");
  let misses = 0;
  while (!signal.aborted) {
    try {
      const next = pause(interval, signal);
      next.catch(() => {});
      const jpeg = await picture(video, canvas);
      if (jpeg) {
        const seen = await api.preview(jpeg, signal).catch(() => null);
        signal.throwIfAborted();
        misses = seen ? 0 : misses + 1;
        if (seen || misses > UNSEEN) tell(seen);
      }
      await next;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** A video of our own, in no page: browsers draw nothing into one that is scrolled out of sight. */
function playing(stream, signal) {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = stream;
  video.play().catch(() => {}); // refused when the stream ends first
  signal.addEventListener("abort", () => (video.srcObject = null), { once: true });
  return video;
}

function picture(video, canvas) {
  if (!video.videoWidth) return null;
  canvas.width = WIDTH;
  canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
