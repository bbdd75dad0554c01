/** Frames of the child's messages: kind (1 byte), length of the payload (4 bytes), payload. */
export const frameKinds = { stdout: 1, stderr: 2, entry: 3, content: 4, end: 5 } as const;

/** Bytes of the largest payload. */
export const largestPayload = 64 * 1024;

const headSize = 5;

export interface Frame {
  kind: number;
  payload: Buffer;
}

export function encodeFrame(kind: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headSize + payload.byteLength);
  frame.writeUInt8(kind, 0);
  frame.writeUInt32LE(payload.byteLength, 1);
  frame.set(payload, headSize);
  return frame;
}

/** A message that the runner does not send. */
export class WrongMessage extends Error {}

/**
 * Splits bytes into frames. Holds at most one chunk and one frame. A frame that is cut off at the end is dropped.
 * @throws WrongMessage for a payload that is too large
 */
export async function* readFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= headSize) {
      const size = rest.readUInt32LE(at + 1);
      if (size > largestPayload) throw new WrongMessage(`a frame of ${size} bytes`);
      if (rest.length - at < headSize + size) break;
      yield { kind: rest[at]!, payload: rest.subarray(at + headSize, at + headSize + size) };
      at += headSize + size;
    }
    rest = rest.subarray(at);
  }
}
