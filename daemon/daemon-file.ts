import fs from 'node:fs';

/** Says where the daemon runs to whoever reads `daemon.json`. Returns how to take that back. */
export function publishDaemon(file: string, content: object): () => void {
  fs.writeFileSync(`${file}.part`, JSON.stringify(content), { mode: 0o600 });
  fs.renameSync(`${file}.part`, file);
  return () => fs.rmSync(file, { force: true });
}
