import type { Emit } from '../../events.js';
import type { Labels } from '../../labels.js';
import type { AttributeChange } from '../../plan/plan.js';
import type { Attributes, ResourceSchema } from '../../plan/resource-schema.js';
import type { PullSecret } from '../../spec/worker-spec.js';

/** An existing object on the backend. */
export interface Actual {
  /** The backend's id. */
  id: string;
  /** All attributes of the schema: from the backend, or from `known` where the backend never returns them. */
  attributes: Attributes;
  labels: Labels;
  /** Set by `create` where an object of ours existed already. */
  found?: true;
}

/** Adds to configured attributes the values that the backend takes from elsewhere, such as a container's command from its image. */
export type Complete = (configured: Attributes) => Attributes;

export interface CallContext {
  /** Aborts at a second Ctrl-C: the call in flight must end. */
  signal: AbortSignal;
  emit: Emit;
  /** Credentials for an image, by the resource's address; never stored. */
  pullSecret(address: string): PullSecret | null;
}

/**
 * The driver of one resource type. `create` makes the object with its final id and labels, `start` starts it: resources that need the id can
 * be created while it starts. Every call can be repeated after a crash.
 */
export interface Driver {
  schema: ResourceSchema;
  /** Returns the object; `null` where it does not exist. `known`: attributes from state or configuration, used where the backend never returns them. */
  read(id: string, known: Attributes): Promise<Actual | null>;
  /** Like `read`, for an object without a state. It compares `wanted` as far as it can where the backend never returns an attribute. Default: `read`. */
  adopt?(id: string, wanted: Attributes): Promise<Actual | null>;
  /** How the backend completes the configuration of an existing object. Default: a computed attribute that is not configured keeps its value. */
  completion?(id: string): Promise<Complete>;
  /**
   * Creates the object. An object of ours with the same name and address, left by an interrupted create, is returned with `found`.
   *
   * @throws MayflyError `foreign_object` where an object of that name exists without our labels
   */
  create(address: string, wanted: Attributes, context: CallContext): Promise<Actual>;
  /**
   * Does the first part of `create`, for an applier that creates objects itself: refuses a name in use, pulls the image.
   *
   * @throws MayflyError `foreign_object`, `image_unavailable`
   */
  prepare?(address: string, wanted: Attributes, context: CallContext): Promise<void>;
  start?(id: string, wanted: Attributes, context: CallContext): Promise<Actual>;
  /** Updates the object in place. `changes` has no attribute that forces a replacement. */
  update(id: string, wanted: Attributes, changes: readonly AttributeChange[], context: CallContext): Promise<Actual>;
  /** Deletes the object. A missing object is success. */
  delete(id: string, known: Attributes, context: CallContext): Promise<void>;
}
