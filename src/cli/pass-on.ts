import { Writable } from 'node:stream';

/** A command's output on its way to one of ours. Once nobody reads that any more (`| head`), the rest is dropped, and `closed` is told. */
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
