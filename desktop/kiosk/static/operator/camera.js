// The browser's camera and microphone: what there is, what it gives, and recordings of it.

import { WANTED } from "../station/camera.js";
import { Recorder } from "../station/recorder.js";

const RATE_MS = 2000;

/**
 * Open camera and microphone as the station does, so that the delay is that of its recordings.
 * @param {{camera?: string, microphone?: string}} chosen device ids; the browser's choice where empty
 * @returns {Promise<MediaStream>}
 */
export function open({ camera = "", microphone = "" } = {}) {
  return navigator.mediaDevices.getUserMedia({
    video: { ...WANTED.video, ...(camera && { deviceId: { exact: camera } }) },
    audio: { ...WANTED.audio, ...(microphone && { deviceId: { exact: microphone } }) },
  });
}

/** Cameras and microphones; they have names once one was opened. */
export async function list() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const named = (kind) =>
    devices
      .filter((device) => device.kind === kind && device.deviceId)
      .map((device, at) => ({ id: device.deviceId, name: device.label || `${at + 1}` }));
  return { cameras: named("videoinput"), microphones: named("audioinput") };
}

/**
 * Measure how many pictures a second really arrive.
 * @param {HTMLVideoElement} video
 * @param {(fps: number) => void} tell about once a second
 * @returns {() => void} stops
 */
export function measureRate(video, tell) {
  let times = [];
  let told = 0;
  let handle = video.requestVideoFrameCallback(frame);

  function frame(now) {
    times.push(now);
    times = times.filter((time) => now - time <= RATE_MS);
    if (now - told > 1000 && times.length > 2) {
      told = now;
      tell(((times.length - 1) * 1000) / (now - times[0]));
    }
    handle = video.requestVideoFrameCallback(frame);
  }

  return () => video.cancelVideoFrameCallback(handle);
}

/**
 * Measure the level of the sound.
 * @param {MediaStream} stream
 * @param {(peak: number) => void} tell 20 times a second: largest sample since, in dB of full scale, -100 at least
 * @returns {() => void} stops
 */
export function measureLevel(stream, tell) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 4096 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-5);
    tell(20 * Math.log10(peak));
  }, 50);
  return () => {
    clearInterval(timer);
    context.close();
  };
}

/**
 * Record as the station does.
 * @param {MediaStream} stream
 * @param {number} seconds
 * @param {(left: number) => void} tell seconds left, ten times a second
 * @param {AbortSignal} signal
 * @returns {Promise<Blob>}
 */
export async function record(stream, seconds, tell, signal) {
  const recorder = new Recorder(stream);
  const end = performance.now() + seconds * 1000;
  tell(seconds);
  try {
    await new Promise((resolve, reject) => {
      const timer = setInterval(() => {
        const left = (end - performance.now()) / 1000;
        tell(Math.max(0, left));
        if (left > 0 && stream.active && !signal.aborted) return;
        clearInterval(timer);
        if (signal.aborted) reject(signal.reason);
        else resolve();
      }, 100);
    });
  } catch (error) {
    recorder.discard();
    throw error;
  }
  return recorder.stop();
}
