#!/usr/bin/node
// As much of wget as the health check asks of it.
require('node:http')
  .get(process.argv.at(-1), ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('error', () => process.exit(1));
