import { createReadStream } from 'node:fs';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { BucketSettings } from '../settings.js';
import { digestOf, manifestName } from './manifest.js';
import type { Publisher } from './publisher.js';
import type { Credentials } from './signed-headers.js';

/** Milliseconds without a byte, in either direction. */
const idle = 60_000;
/** Characters of an answer that are read. */
const mostAnswer = 10_000;

/** Publishes as `PREFIX/RUN/PATH`, each file by one signed PUT. A repeated PUT replaces an object by the same one. */
export function bucketPublisher(bucket: BucketSettings, credentials: Credentials, clock: Pick<Clock, 'now'>): Publisher {
  const { endpoint, name, region, prefix } = bucket;
  return {
    async publish({ run, source, manifest, signal }) {
      const { signedHeaders } = await import('./signed-headers.js');
      const parts = [...(prefix === '' ? [] : [prefix]), run];
      const last = { path: manifestName, ...(await digestOf(join(source, manifestName))) };
      for (const file of [...manifest.files, last]) {
        signal.throwIfAborted();
        const url = urlOf(endpoint, [name, ...parts, file.path]);
        const headers = { 'content-length': String(file.bytes), 'x-amz-content-sha256': file.sha256 };
        const signed = await signedHeaders({ method: 'PUT', url, headers, region, credentials, now: clock.now() });
        await put(url, signed, join(source, file.path), signal).catch((error: unknown) => {
          signal.throwIfAborted();
          throw notPut(`${name}/${[...parts, file.path].join('/')}`, error);
        });
      }
      return `s3://${[name, ...parts].join('/')}`;
    },
  };
}

/** With each part of the path escaped as SigV4 demands: all but letters, digits and `-_.~`. */
export function urlOf(endpoint: string, parts: readonly string[]): URL {
  const escaped = parts.flatMap((part) => part.split('/')).map((part) => encodeURIComponent(part).replace(/[!'()*]/g, escapeOne));
  const url = new URL(endpoint);
  return new URL(`${url.origin}${url.pathname.replace(/\/$/, '')}/${escaped.join('/')}`);
}

function escapeOne(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Sends a file. @throws Error with the service's answer, where it is not a success */
async function put(url: URL, headers: Record<string, string>, path: string, signal: AbortSignal): Promise<void> {
  const request = (url.protocol === 'https:' ? secure : plain)(url, { method: 'PUT', headers, signal, timeout: idle });
  request.on('timeout', () => request.destroy(new Error(`no answer within ${idle / 1000} s`)));
  const answered = new Promise<string>((resolve, reject) => {
    request.on('error', reject).on('response', (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk.slice(0, mostAnswer - text.length)))
        .on('error', reject)
        .on('end', () => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(text);
          else reject(new Error(causeIn(status, text)));
        });
    });
  });
  // A file that cannot be read ends the request. A refusal may come before the whole file is sent.
  pipeline(createReadStream(path), request).catch(() => {});
  try {
    await answered;
  } finally {
    request.destroy();
  }
}

function causeIn(status: number, text: string): string {
  const [code, message] = ['Code', 'Message'].map((tag) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(text)?.[1]);
  return [`the bucket's service answered ${status}`, code, message].filter(Boolean).join(': ');
}

function notPut(key: string, error: unknown): MayflyError {
  return new MayflyError('copy_failed', {
    place: { path: key },
    cause: `cannot be published: ${error instanceof Error ? error.message : error}`,
    remedy: 'check bucket, region and credentials of `serve.results.publish.bucket`, then accept the results again',
    error,
  });
}
