import type { Call, Moment, OnCall } from '../support/docker-proxy.js';

/** Holds the first call that fits at one of its moments, until it is opened. */
export interface Gate {
  onCall: OnCall;
  /** Resolves when a call is held. */
  reached: Promise<void>;
  open(): void;
}

export function gateAt(moment: Moment, fits: (call: Call) => boolean): Gate {
  let reach: () => void = () => undefined;
  let open: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  let held = false;
  return {
    onCall: async (call) => {
      if (held || call.moment !== moment || !fits(call)) return undefined;
      held = true;
      reach();
      await opened;
      return undefined;
    },
    reached,
    open,
  };
}
