import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mirror } from '../mirror.js';
import { build, isBuilt } from './build.js';
import { install, isInstalled } from './install.js';
import { withLock } from './lock.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What each action runs once the checkout is complete: arguments for the checkout's Node. */
const PROGRAMS = {
  start: ['bin/trackflow.js', 'start'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
};

/**
 * Completes the checkout and becomes the program of `action`; `build` only completes it.
 * @param {string | undefined} action
 * @param {readonly string[]} args passed on to the program
 */
export async function run(action, args) {
  if (action !== 'build' && !Object.hasOwn(PROGRAMS, action ?? '')) {
    console.error(`trackflow: unknown action ${action}; one of ${Object.keys(PROGRAMS).join(', ')}, build`);
    process.exit(2);
  }
  try {
    await complete();
  } catch (error) {
    console.error(`trackflow: ${error.message}`);
    process.exit(1);
  }
  if (action === 'build') return;
  const [script, ...fixed] = PROGRAMS[action];
  const bin = join(ROOT, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  mirror(join(bin, 'node'), [join(ROOT, script), ...fixed, ...args], env);
}

async function complete() {
  if (isInstalled(ROOT) && isBuilt(ROOT)) return;
  await withLock(join(ROOT, '.trackflow', 'checkout.lock'), say, async () => {
    if (!isInstalled(ROOT)) await install(ROOT, say);
    if (!isBuilt(ROOT)) await build(ROOT, say);
  });
}

function say(line) {
  console.error(`trackflow: ${line}`);
}
