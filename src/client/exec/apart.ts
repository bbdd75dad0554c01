// The bundle has this package in a file of its own: see scripts/bundle.mjs.
export { WebSocket } from 'ws';
