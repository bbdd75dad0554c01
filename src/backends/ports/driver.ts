import type { Emit } from '../../events.js';
import type { Labels } from '../../labels.js';
import type { AttributeChange } from '../../plan/plan.js';
import type { Attributes, ResourceSchema } from '../../plan/resource-schema.js';
import type { PullSecret } from '../../spec/worker-spec.js';

/** One object as the backend has it now. */
export interface Actual {
  /** The backend's own id. */
  id: string;
  /** Every attribute of the schema: what the backend says, and from `known` what it never says back. */
  attributes: Attributes;
  labels: Labels;
  /** Of `create`: an object of ours was there already. */
  found?: true;
}

/** Configured attributes with all that the backend takes from elsewhere where they are silent: a container's command from its image. */
export type Complete = (configured: Attributes) => Attributes;

export interface CallContext {
  /** Aborted by a second Ctrl-C: the call in flight is dropped. */
  signal: AbortSignal;
  emit: Emit;
  /** Credentials for an image, by the resource's address; never stored. */
  pullSecret(address: string): PullSecret | null;
}

/**
 * One driver a resource type. Making has two steps so that what joins a resource can be made while it starts: `create` leaves the
 * object with its final id and labels, `start` sets it going. Every call is safe to repeat after a crash between any two of them.
 */
export interface Driver {
  schema: ResourceSchema;
  /** What is there under that id, `null` when it is gone. `known`: state's or configuration's attributes, for those never read back. */
  read(id: string, known: Attributes): Promise<Actual | null>;
  /** Like `read`, for an object no state knows: what the backend never says back is compared as far as it can be. Default: `read`. */
  adopt?(id: string, wanted: Attributes): Promise<Actual | null>;
  /** How the backend completes the configuration of an object that is there. Default: a computed attribute that is not configured stays as it is. */
  completion?(id: string): Promise<Complete>;
  /**
   * @throws MayflyError `foreign_object` when an object of that name exists and does not carry our labels.
   * An object of ours under the same name and address (left by an interrupted create) is returned as if just made.
   */
  create(address: string, wanted: Attributes, context: CallContext): Promise<Actual>;
  /**
   * What `create` does before it makes anything, for an applier that makes by other means: refuses a name that is taken, brings the image.
   *
   * @throws MayflyError `foreign_object`, `image_unavailable`
   */
  prepare?(address: string, wanted: Attributes, context: CallContext): Promise<void>;
  start?(id: string, wanted: Attributes, context: CallContext): Promise<Actual>;
  /** In place; `changes` holds no attribute that forces a replacement. */
  update(id: string, wanted: Attributes, changes: readonly AttributeChange[], context: CallContext): Promise<Actual>;
  /** Gone already is success. */
  delete(id: string, known: Attributes, context: CallContext): Promise<void>;
}
