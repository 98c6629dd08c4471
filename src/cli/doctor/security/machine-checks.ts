import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withoutSecrets } from '../../../access/redact.ts';
import { type Check, type Finding, fail, NO_CONFIG, NO_DAEMON, type Patient, pass, skip, warn } from '../check.ts';
import { closePermissions, permissions } from '../checks/permissions.ts';

const LOG_BYTES_MAX = 64 * 1024 * 1024;
const OTHERS = 0o077;
const EVERYBODY = 0o007;

/** Who could get at what the instance keeps, on its machine. */
export const MACHINE_SECURITY_CHECKS: readonly Check[] = [
  { id: 'files', look: permissions, mend: closePermissions },
  { id: 'secret-files', look: secretFiles },
  { id: 'control-socket', look: controlSocket },
  { id: 'logs', look: logs },
  { id: 'user', look: user },
  { id: 'core-dumps', look: coreDumps },
];

/** Files that the settings name. */
function secretFiles({ settings }: Patient): Finding {
  if (settings instanceof Error) return NO_CONFIG;
  const { tls, engine, access } = settings;
  const files = [tls.keyFile, engine.passwordFile, access.accountsPasswordFile].filter((file) => existsSync(file));
  const open = files.filter((file) => (statSync(file).mode & EVERYBODY) !== 0);
  if (open.length > 0) return fail(`open to every user: ${open.join(' ')}`, `chmod 600 ${open.join(' ')}`);
  return files.length === 0 ? skip('the settings name no file with a secret') : pass(`closed: ${files.join(' ')}`);
}

function controlSocket({ instance, status }: Patient): Finding {
  if (status.running === undefined) return NO_DAEMON;
  const { socketPath } = instance.control;
  const mode = statSync(socketPath).mode & 0o777;
  if ((mode & OTHERS) === 0) return pass(`${socketPath} is its owner's alone`);
  return fail(`${socketPath} is open to other users (mode ${mode.toString(8)})`, 'trackflow restart');
}

/** Nothing that looks like a secret may have got into a log. */
function logs({ instance }: Patient): Finding {
  const folder = instance.paths.logs;
  if (!existsSync(folder)) return skip('there are no logs yet');
  const leaking = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile() && statSync(file).size <= LOG_BYTES_MAX)
    .filter((file) => {
      const text = readFileSync(file, 'utf8');
      return withoutSecrets(text) !== text;
    });
  if (leaking.length === 0) return pass('no log holds what looks like a secret');
  return fail(
    `what looks like a secret stands in ${leaking.join(' ')}`,
    'rotate it (trackflow keys rotate), then remove the file',
  );
}

function user(): Finding {
  if (process.getuid?.() !== 0) return pass('not root');
  return warn('this user is root: what breaks into the daemon owns the machine', 'run it as a user of its own');
}

function coreDumps({ status }: Patient): Finding {
  const limits = `/proc/${status.running?.pid}/limits`;
  if (status.running === undefined || !existsSync(limits)) return NO_DAEMON;
  const soft = /^Max core file size +(\S+)/m.exec(readFileSync(limits, 'utf8'))?.[1];
  if (soft === '0') return pass('the daemon leaves no core dump');
  return warn(
    'a crash may write the memory of the daemon, keys included, into a core dump',
    'start it under ulimit -c 0',
  );
}
