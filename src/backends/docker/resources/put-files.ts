import { Readable } from 'node:stream';
import type { Attributes } from '../../../plan/resource-schema.js';
import type { HttpClient } from '../http-client.js';

/** A file of the attribute `upload`, as the provider has it. */
interface Upload {
  file: string;
  content_base64: string;
  /** Octal digits. */
  permissions: string;
  /** Numbers, or empty for root. */
  owner: string;
  group: string;
}

/** Puts the files of a container into it, with the calls and the defaults of the provider. The container need not run. */
export async function putFiles(http: HttpClient, id: string, wanted: Attributes, signal: AbortSignal): Promise<void> {
  const uploads = (wanted['upload'] ?? []) as unknown as Upload[];
  if (uploads.length === 0) return;
  const { Header, Pax } = await import('tar');
  const parts = uploads.flatMap(({ file, content_base64, permissions, owner, group }) => {
    const content = Buffer.from(content_base64, 'base64');
    const fields = {
      path: file.replace(/^\/+/, ''),
      type: 'File' as const,
      size: content.length,
      mode: Number.parseInt(permissions, 8),
      uid: Number(owner),
      gid: Number(group),
      mtime: new Date(),
    };
    const header = new Header(fields);
    const long = header.encode() ? [new Pax(fields).encode()] : [];
    return [...long, header.block!, content, Buffer.alloc((block - (content.length % block)) % block)];
  });
  await http.text('PUT', `/containers/${id}/archive`, {
    query: { path: '/' },
    upload: Readable.from([Buffer.concat([...parts, Buffer.alloc(2 * block)])]),
    headers: { 'Content-Type': 'application/x-tar' },
    signal,
  });
}

/** The size of a tar's blocks, in bytes. */
const block = 512;
