/** The media type of Docker's framed output: a header of 8 bytes (stream, three zeros, length as big-endian uint32), then the payload. */
export const framedType = 'application/vnd.docker.multiplexed-stream';

/** The stream of a frame. `error`: the payload is an error document, which ends the output. */
export const frameStreams = { stdout: 1, stderr: 2, error: 3 } as const;

export function logFrame(stream: keyof typeof frameStreams, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = frameStreams[stream];
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}
