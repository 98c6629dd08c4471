// Stands in for the daemon where a test is about starting and stopping. FAKE_DAEMON says what it does.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const home = process.argv[process.argv.indexOf('--home') + 1];
const file = join(home, 'run', 'daemon.json');
const status = { state: 'running', pid: process.pid, url: 'http://127.0.0.1:1', home, version: '0.1.0' };

const BEHAVIOURS = {
  ready(onTerminate = endInOrder) {
    process.on('SIGTERM', onTerminate);
    mkdirSync(join(home, 'run'), { recursive: true });
    writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: '', version: '0.1.0', url: '' }));
    writeFileSync(join(home, 'flags.json'), process.env.TRACKFLOW_FLAGS ?? '');
    process.send({ type: 'progress', message: 'opening the spool' });
    process.send({ type: 'ready', status });
  },
  fails() {
    const error = { code: 'TF_PORT_IN_USE', message: 'port 8080 is in use', hints: ['--port 0'] };
    process.send({ type: 'failed', error }, () => process.exit(69));
  },
  crashes() {
    for (let line = 1; line <= 30; line++) console.error(`line ${line}`);
    process.exit(9);
  },
  silent() {},
  stubborn() {
    BEHAVIOURS.ready(() => {});
  },
};

function endInOrder() {
  rmSync(file);
  process.exit(0);
}

BEHAVIOURS[process.env.FAKE_DAEMON]();
setInterval(() => {}, 1_000);
