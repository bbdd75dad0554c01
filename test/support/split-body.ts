import type { Duplex } from 'node:stream';

/** The body of an upgraded request, which Node does not parse: it stands before what the client says next. @returns both */
export async function splitBody(client: Duplex, head: Buffer, length: number): Promise<[body: Buffer, rest: Buffer]> {
  let seen = head;
  while (seen.length < length) {
    const chunk: Buffer = await new Promise((resolve, reject) => {
      client.once('data', resolve).once('close', () => reject(new Error('the client left')));
    });
    client.pause();
    seen = Buffer.concat([seen, chunk]);
  }
  return [seen.subarray(0, length), seen.subarray(length)];
}
