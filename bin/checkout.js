#!/usr/bin/env node
// `npm start` and `npm test` in a checkout: installs and builds what is missing, then runs the thing with the
// checkout's own Node. What is there already costs a hash of the sources and nothing else.
const NODE_MAJOR_MIN = 20;

const major = Number(process.versions.node.split('.')[0]);
if (major < NODE_MAJOR_MIN) {
  console.error(
    `trackflow: needs Node ${NODE_MAJOR_MIN} or newer to install, this is ${process.versions.node}. ` +
      'Install a newer Node: https://nodejs.org/en/download',
  );
  process.exit(1);
}

const { run } = await import('./checkout/run.js');
await run(process.argv[2], process.argv.slice(3));
