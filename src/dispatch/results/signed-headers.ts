import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface Unsigned {
  method: 'PUT' | 'GET';
  url: URL;
  /** With `x-amz-content-sha256`, the SHA-256 of the body: the service refuses another body. */
  headers: Readonly<Record<string, string>>;
  region: string;
  credentials: Credentials;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Headers of a request for one object, with their signature (SigV4). */
export async function signedHeaders({ method, url, headers: own, region, credentials, now }: Unsigned): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    ...{ region, credentials: { ...credentials }, service: 's3', sha256: Sha256 },
    // An object's key is escaped once, in the URL.
    uriEscapePath: false,
  });
  const { headers } = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { ...own, host: url.host },
    },
    { signingDate: new Date(now) },
  );
  return headers;
}

type Data = string | ArrayBuffer | ArrayBufferView;

/** Node's SHA-256, in the form that the signer takes. */
class Sha256 {
  private readonly hash: { update(data: Uint8Array): unknown; digest(): Buffer };

  constructor(secret?: Data) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: Data): void {
    this.hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }

  reset(): void {
    throw new Error('a signature uses each hash once');
  }
}

function bytesOf(data: Data): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}
