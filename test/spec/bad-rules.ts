import { type BadSpec, base, box, volumes } from './support.js';

/** Rules that a spec breaks whose fields are right one by one. */
export const badRules: Record<string, BadSpec> = {
  'a check of what is meant to end': {
    text: `${base}service_containers: [{name: m, image: a, cpu: 1, memory: 6, storage: 0, once: true, healthcheck: {command: x}}]\n`,
    at: '5:85 service_containers[0].healthcheck',
    cause: /is never run where `once` is true.*see service_containers\[0\]\.once on line 5/,
    remedy: 'remove healthcheck, or once',
  },
  'volumes over storage': {
    text: `${base}volumes:\n  - {name: a, storage: 60}\n  - {name: b, storage: 41}\n`,
    at: '4:1 storage',
    cause: 'is 100 MB, but the volumes together have 101 MB',
    remedy: /at least 101 MB/,
  },
  'mounts over storage': {
    text: box(`    mounts: [{name: work, mount_point: /w}]\nvolumes: [{name: work, storage: 65}]\n`),
    at: '10:5 containers[0].storage',
    cause: 'is 64 MB, but the volumes mounted in it have 65 MB',
    remedy: /at least 65 MB/,
  },
  'mount of no volume': {
    text: box(`    mounts:\n      - name: wrok\n        mount_point: /w\n${volumes}`),
    at: '12:9 containers[0].mounts[0].name',
    cause: 'no volume is called "wrok"',
    remedy: 'did you mean "work"?',
  },
  'relative mount point': {
    text: box(`    mounts: [{name: work, mount_point: w}]\n${volumes}`),
    at: '11:27 containers[0].mounts[0].mount_point',
    cause: /absolute path.*got "w"/,
  },
  'mount over the root': {
    text: box(`    mounts: [{name: work, mount_point: /}]\n${volumes}`),
    at: '11:27 containers[0].mounts[0].mount_point',
    cause: /below \//,
  },
  'mount point with dots': {
    text: box(`    mounts: [{name: work, mount_point: /a/../b}]\n${volumes}`),
    at: '11:27 containers[0].mounts[0].mount_point',
    cause: /".."/,
  },
  'mount point repeated': {
    text: box(`    mounts:\n      - {name: work, mount_point: /w}\n      - {name: work, mount_point: /w/}\n${volumes}`),
    at: '13:22 containers[0].mounts[1].mount_point',
    cause: /another volume.*mounts\[0\].mount_point on line 12/,
  },
  'mount points nested': {
    text: box(`    mounts:\n      - {name: work, mount_point: /w/a}\n      - {name: work, mount_point: /w}\n${volumes}`),
    at: '13:22 containers[0].mounts[1].mount_point',
    cause: /nested/,
  },
  'two architectures': {
    text: `${box('    arch: arm64\n')}arch: amd64\n`,
    at: '11:5 containers[0].arch',
    cause: /differs from the architecture of the rest of the worker.*see arch on line 12/,
  },
  'two containers of one name': {
    text: box('  - {name: box, image: a, cpu: 1, memory: 6, storage: 0}\n'),
    at: '11:6 containers[1].name',
    cause: /"box" is already used in this spec.*containers\[0\].name on line 6/,
  },
  'container and volume of one name': {
    text: box('volumes: [{name: box, storage: 1}]\n'),
    at: '6:5 containers[0].name',
    cause: /volumes\[0\].name on line 11/,
  },
  'container called engine': {
    text: box('').replace('box', 'engine'),
    at: '6:5 containers[0].name',
    cause: '"engine" is reserved',
  },
  'volume called like a lease': {
    text: `${base}volumes: [{name: lease-12, storage: 1}]\n`,
    at: '5:12 volumes[0].name',
    cause: '"lease-12" is reserved',
  },
  'container without anything to run': {
    text: box('').replace('    image: busybox\n', ''),
    at: '6:5 containers[0].image',
    cause: /no command/,
  },
};
