// Camera and microphone together, from one request, so that they run on one clock.

// Lips and sound are compared as they are: what a browser does to make calls pleasant would change the sound.
export const WANTED = {
  video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 25 }, facingMode: { ideal: "user" } },
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
};

/** `kind`: denied, no_camera, no_microphone, busy or lost. */
export class CameraError extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

/**
 * Ask for camera and microphone.
 * @throws {CameraError}
 */
export async function openCamera(signal) {
  if (!navigator.mediaDevices?.getUserMedia) throw new CameraError("no_camera");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(WANTED);
  } catch (error) {
    signal.throwIfAborted();
    throw new CameraError(await kindOf(error));
  }
  if (signal.aborted) closeCamera(stream);
  signal.throwIfAborted();
  return stream;
}

/** Switch both off. */
export function closeCamera(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Call `lost` when a device goes away. */
export function watchCamera(stream, signal, lost) {
  for (const track of stream.getTracks()) track.addEventListener("ended", lost, { signal });
}

/** Whether the microphone may be used without asking anybody. */
export async function microphoneAllowed() {
  try {
    return (await navigator.permissions.query({ name: "microphone" })).state === "granted";
  } catch {
    return false;
  }
}

async function kindOf(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return "denied";
  if (error.name !== "NotFoundError" && error.name !== "OverconstrainedError") return "busy";
  const kinds = (await navigator.mediaDevices.enumerateDevices().catch(() => [])).map((device) => device.kind);
  return kinds.includes("videoinput") ? "no_microphone" : "no_camera";
}
