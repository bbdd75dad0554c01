/** A container of which the spec leaves the image's settings as they are. */
export const asImage = { entrypoint: null, working_dir: null, user: null, shm_size: null, files: [] };
