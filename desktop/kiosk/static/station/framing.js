// Whether a face that was seen in the camera's picture stands in the frame on the screen.

/** The frame, as shares of the square that covers the stage: what the outline in index.html encloses. */
const FRAME = { left: 0.25, top: 0.12, right: 0.75, bottom: 0.8 };

/** How far the middle of the face may be from that of the frame, as a share of the frame. */
const AWAY = 0.3;

/** How much of the frame's height a face has at least. */
const SMALL = 0.25;

/**
 * @param {{left: number, top: number, width: number, height: number}} face as shares of the camera's picture
 * @param {{width: number, height: number}} picture of the camera, which covers the stage and is cut off where it is too wide or high
 * @param {{width: number, height: number}} stage
 */
export function inFrame(face, picture, stage) {
  if (!picture.width || !picture.height || !stage.width || !stage.height) return true; // nothing is shown yet
  const scale = Math.max(stage.width / picture.width, stage.height / picture.height);
  const square = Math.max(stage.width, stage.height);
  const along = (start, length, pixels, room) => {
    const from = (room - pixels * scale) / 2 + start * pixels * scale;
    return { middle: from + (length * pixels * scale) / 2, length: length * pixels * scale, shift: (room - square) / 2 };
  };
  const x = along(face.left, face.width, picture.width, stage.width);
  const y = along(face.top, face.height, picture.height, stage.height);
  const off = (one, low, high) => Math.abs((one.middle - one.shift) / square - (low + high) / 2) / (high - low);
  const tall = y.length / square / (FRAME.bottom - FRAME.top);
  return off(x, FRAME.left, FRAME.right) <= AWAY && off(y, FRAME.top, FRAME.bottom) <= AWAY && tall >= SMALL;
}
