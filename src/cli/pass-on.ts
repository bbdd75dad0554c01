import { Writable } from 'node:stream';

/** A stream that passes a command's output to `to`. When `to` has no reader any more (`| head`), it drops the output and calls `closed`. */
export function passOn(to: NodeJS.WritableStream, closed: () => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      to.write(chunk, (error) => {
        if (error) closed();
        done();
      });
    },
  });
}
