import { type Capabilities, enforced, ignored, refused, unenforced } from '../../src/backends/ports/capabilities.js';

export const memoryCapabilities: Capabilities = {
  total: enforced('more than the node has is refused'),
  cpu: enforced('a limit of the container'),
  memory: enforced('a limit of the container'),
  storage: unenforced('the keeper ends the worker when it is outgrown'),
  volumes: unenforced('the keeper ends the worker when it is outgrown'),
  memoryVolumes: ignored('all of it is in memory'),
  images: ignored('commands are functions of the tests'),
  containers: enforced('as many as the node takes'),
  healthcheck: enforced('as the test says'),
  once: enforced('the worker waits until it has ended with 0'),
  exec: enforced('a socket of the worker’s own'),
  sessions: enforced('functions of the tests'),
  melodium: refused('there is no such program in memory'),
  arch: ignored('it has none'),
  bind: ignored('nothing is reached'),
  cidrs: ignored('nothing is reached'),
  cost: ignored('it has no price'),
  apart: enforced('they share nothing'),
};
