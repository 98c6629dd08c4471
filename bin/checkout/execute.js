import { spawn } from 'node:child_process';

const SHOWN_LINES = 40;
const KEPT_CHARS = 64 * 1024;

/**
 * Runs a slow step and says nothing when it went well. Throws with the beginning of its output when it did not: npm and
 * tsc name the cause first.
 * @param {string} name what to call it in the message
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {Promise<void>}
 */
export function execute(name, command, args, cwd) {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        if (output.length < KEPT_CHARS) output += text;
      });
    }
    child.on('error', (error) => reject(new Error(`cannot run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${name} failed (${signal ?? `exit ${code}`}):\n${firstLines(output)}`));
    });
  });
}

function firstLines(text) {
  return text.trimEnd().split('\n').slice(0, SHOWN_LINES).join('\n');
}
