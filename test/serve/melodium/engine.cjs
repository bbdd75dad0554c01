// A stand-in for the Mélodium engine. It listens a while after its start, with TLS. A client sends a line with the key that the engine
// receives and the group, and gets the key that the engine sends. Then everything comes back. The engine ends with its client.
const { readFileSync } = require('node:fs');
const { createServer } = require('node:tls');

const args = process.argv.slice(2);
const { MELODIUM_DIST_RECV_KEY: receives, MELODIUM_DIST_SEND_KEY: sends, MELODIUM_GROUP_ID: group } = process.env;
const server = createServer({ cert: readFileSync('/certificate.pem'), key: readFileSync('/key.pem'), allowHalfOpen: true }, (socket) => {
  socket.on('error', () => process.exit(4));
  socket.once('data', (line) => {
    const hello = JSON.parse(line);
    if (hello.key !== receives || hello.group !== group) process.exit(5);
    socket.write(`${JSON.stringify({ key: sends })}\n`);
    socket.pipe(socket).on('finish', () => setTimeout(() => process.exit(0), 200));
  });
});
setTimeout(() => server.listen(Number(args[args.indexOf('--port') + 1]), args[args.indexOf('--ip') + 1]), 1500);
