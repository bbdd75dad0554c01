/** A container of which the spec leaves the image's settings as they are. */
export const asImage = { entrypoint: null, working_dir: null, user: null, shm_size: null, files: [] };

/** An engine without an image, a command and a port. */
export const plainEngine = {
  ...{ image: null, command: null, env: {}, port: null, healthcheck: null, exec: false, secret_env: [], pull_secret: null },
  ...asImage,
};
