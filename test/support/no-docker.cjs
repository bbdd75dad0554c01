// Preloaded by a command of the tests: a machine without Docker, whatever runs on this one. The default socket is not there.
'use strict';
const net = require('node:net');

const defaultSocket = '/var/run/docker.sock';
const { connect } = net.Socket.prototype;

net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  if (options?.path === defaultSocket) options.path = '/nonexistent/docker.sock';
  return connect.apply(this, args);
};
