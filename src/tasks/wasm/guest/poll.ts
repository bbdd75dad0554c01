import { type Fd, wasi } from '@bjorn3/browser_wasi_shim';

/** Sizes and offsets of preview 1's `subscription` and `event`. */
const subscription = { size: 48, type: 8, id: 16, timeout: 24, flags: 40 };
const event = { size: 32, bytes: 16 };

/** Subscriptions of one call. */
const mostSubscriptions = 1024;
/** Milliseconds of one sleep. */
const longestSleep = 1000;

const cell = new Int32Array(new SharedArrayBuffer(4));

export interface PollArguments {
  from: number;
  to: number;
  count: number;
  written: number;
}

/**
 * `poll_oneoff`. Descriptors are ready at once, since files and streams never wait here. With clocks only, sleeps until the first.
 * @param tick is called after each second of a sleep
 * @returns an errno
 */
export function poll(
  view: DataView,
  fds: readonly (Fd | undefined)[],
  { from, to, count, written }: PollArguments,
  tick: () => void,
): number {
  if (count === 0 || count > mostSubscriptions) return wasi.ERRNO_INVAL;
  const all = Array.from({ length: count }, (_, index) => from + index * subscription.size);
  const clocks = all.filter((at) => view.getUint8(at + subscription.type) === wasi.EVENTTYPE_CLOCK);
  const descriptors = all.filter((at) => !clocks.includes(at));
  const ends = clocks.map((at) => endOf(view, at));
  const first = Math.min(...ends);
  if (descriptors.length === 0) sleepUntil(first, tick);
  const due = clocks.filter((_, index) => ends[index]! <= performance.now());
  const ready = [...descriptors, ...due];
  for (const [index, at] of ready.entries()) {
    const place = to + index * event.size;
    const type = view.getUint8(at + subscription.type);
    const open = type === wasi.EVENTTYPE_CLOCK || fds[view.getUint32(at + subscription.id, true)] !== undefined;
    const userdata = view.getBigUint64(at, true);
    for (let offset = 0; offset < event.size; offset += 8) view.setBigUint64(place + offset, 0n, true);
    new wasi.Event(userdata, open ? wasi.ERRNO_SUCCESS : wasi.ERRNO_BADF, type).write_bytes(view, place);
    if (type !== wasi.EVENTTYPE_CLOCK) view.setBigUint64(place + event.bytes, 1n, true);
  }
  view.setUint32(written, ready.length, true);
  return wasi.ERRNO_SUCCESS;
}

/** The time of a clock's event, on the clock of `performance.now()`. */
function endOf(view: DataView, at: number): number {
  const timeout = Number(view.getBigUint64(at + subscription.timeout, true)) / 1e6;
  const absolute = (view.getUint16(at + subscription.flags, true) & wasi.SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME) !== 0;
  if (!absolute) return performance.now() + timeout;
  const realtime = view.getUint32(at + subscription.id, true) === wasi.CLOCKID_REALTIME;
  return realtime ? performance.now() + timeout - Date.now() : timeout;
}

function sleepUntil(end: number, tick: () => void): void {
  for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
    Atomics.wait(cell, 0, 0, Math.min(left, longestSleep));
    tick();
  }
}
