/**
 * Whether an image is on a list. An entry is an exact text (`alpine:3.20`), all images below a prefix (`registry.example.com/ci/*`), or all
 * tags of an image (`alpine:*`). Texts are compared as they are written: `alpine` is neither `alpine:latest` nor `docker.io/library/alpine`.
 */
export function isListed(image: string, list: readonly string[]): boolean {
  return list.some((entry) => matches(image, entry));
}

/** A part of a path begins with a letter or a digit, so that no `..` leads out of the prefix. */
const below = /^(?:[a-z0-9][\w.-]*\/)*[a-z0-9][\w.-]*(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/;
const tag = /^[\w.-]+(?:@sha256:[0-9a-f]{64})?$/;

function matches(image: string, entry: string): boolean {
  const prefix = entry.slice(0, -1);
  const rest = image.slice(prefix.length);
  if (entry.endsWith('/*')) return image.startsWith(prefix) && below.test(rest);
  if (entry.endsWith(':*')) return image.startsWith(prefix) && tag.test(rest);
  return image === entry;
}
