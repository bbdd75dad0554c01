import { isLoopback, melodiumImage } from '../../spec/melodium.js';
import { readPullSecret } from '../../spec/pull-secret.js';
import { durationPattern, toSeconds } from '../../spec/units.js';
import { isListed } from './image-list.js';
import type { Allowances } from './rules.js';
import type { Check, Fault } from './row.js';

/** The checks of the table's rows. */

export const refused =
  (cause: string, remedy: string): Check =>
  (value) =>
    Array.isArray(value) && value.length === 0 ? [] : [{ cause, remedy }];

/** Refused, unless a permission is given. */
export const allowedBy =
  (permission: Exclude<keyof Allowances, 'images'>, cause: string, remedy: string): Check =>
  (value, context) =>
    context.rules[permission]
      ? []
      : refused(cause, `${remedy}, or ask an administrator of the server to allow \`${permission}\``)(value, context);

export const collected: Check = (value, context) =>
  context.rules.collects
    ? []
    : refused('copies files to the server, which it does after a command', 'add a `command` to the request, or remove it')(value, context);

export const loopbackOnly: Check = (value, context) =>
  typeof value === 'string' && isLoopback(value)
    ? []
    : allowedBy('exposed', 'opens the port to other machines', 'write 127.0.0.1')(value, context);

export const notPublic: Check = (value, context) =>
  value === false ? [] : allowedBy('exposed', 'gives the engine a public address', 'write false')(value, context);

export const noProcesses: Check = (value, context) =>
  typeof value === 'string' && context.rules.as_user.includes(value)
    ? allowedBy('processes', 'runs programs on the server itself', 'remove it')(value, context)
    : [];

const longestImage = 512;

export const listedImage: Check = (value, { rules }) => {
  if (typeof value !== 'string') return [];
  if (value.length > longestImage || !/^[\x21-\x7e]*$/.test(value)) {
    return [{ cause: `must be at most ${longestImage} characters of ASCII`, remedy: 'write the image as `docker pull` takes it' }];
  }
  return rules.images.every((list) => isListed(value, list)) ? [] : [unlisted(value, rules.images)];
};

/** The version of the Mélodium engine determines its image. */
export const listedVersion: Check = (value, { rules, parent }) => {
  const { edition, image, engine } = parent;
  if (typeof value !== 'string' || (image ?? engine ?? null) !== null) return [];
  const own = melodiumImage(value, typeof edition === 'string' ? edition : null, { MELODIUM_IMAGES_PULL_SOURCE: rules.melodium_images });
  return rules.images.every((list) => isListed(own, list)) ? [] : [unlisted(own, rules.images)];
};

function unlisted(image: string, lists: readonly (readonly string[])[]): Fault {
  const list = lists.find((one) => !isListed(image, one)) ?? [];
  const shown = list.length === 0 ? 'no image' : list.slice(0, 5).join(', ') + (list.length > 5 ? ', …' : '');
  return { cause: `the image ${image} is not allowed`, remedy: `use an image of the server's list: ${shown}` };
}

/** Credentials in the spec itself, without a program of the server: a docker config.json may name credential helpers. */
export const inlineSecret: Check = (value) => {
  if (typeof value !== 'string') return [];
  const secret = readPullSecret(value);
  if (secret === undefined || secret === 'none') return [];
  const remedy = 'write the credentials themselves: {"username": …, "password": …}, as a JSON object in a string';
  if (secret.from !== 'inline') return [{ cause: `names ${secret.from === 'env' ? 'a variable' : 'a file'} of the server`, remedy }];
  const { credHelpers, credsStore } = JSON.parse(secret.json) as Record<string, unknown>;
  return (credHelpers ?? credsStore ?? null) === null
    ? []
    : [{ cause: 'names a credential helper, which is a program of the server', remedy }];
};

const longestLabel = 256;

/** Texts that become labels: one line, without characters that a terminal does not show. */
export const label: Check = (value) =>
  (Array.isArray(value) ? value : [value]).flatMap((text: unknown, index): Fault[] => {
    if (typeof text !== 'string' || (text.length <= longestLabel && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text))) return [];
    const cause = `must be one line of at most ${longestLabel} characters, without control characters`;
    return [
      { cause, remedy: 'shorten it, and remove line ends and characters that are not shown', ...(Array.isArray(value) && { at: [index] }) },
    ];
  });

export const noHash: Check = (value) =>
  typeof value === 'string' && value.includes('${hash:')
    ? [{ cause: 'names a file of the server in ${hash:…}', remedy: 'write the name without a hash, or the hash itself' }]
    : [];

/** `$${env:…}` stands for the characters themselves, as in a spec file. */
export const noReference: Check = (value) =>
  typeof value === 'string' && [...value.matchAll(/\$?\$\{env:/g)].some(([opening]) => !opening.startsWith('$$'))
    ? [
        {
          cause: 'has a reference ${env:…} to a variable of the server',
          remedy: 'write the value itself, or $${env: for the literal characters',
        },
      ]
    : [];

const shortestInterval = 0.5;

/** Each check of a container's health starts a program in it. */
export const notTooOften: Check = (value) => {
  const isDuration = typeof value === 'number' || (typeof value === 'string' && durationPattern.test(value));
  return isDuration && toSeconds(value) < shortestInterval
    ? [{ cause: `must be at least ${shortestInterval} seconds`, remedy: 'write for example `interval: 1s`' }]
    : [];
};
