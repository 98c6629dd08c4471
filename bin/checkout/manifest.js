// Writes oclif.manifest.json: with it a command loads its own file, without it all of them. Run by the checkout's Node,
// after dist is in place.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';

const root = fileURLToPath(new URL('../../', import.meta.url));
const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
const path = join(root, 'oclif.manifest.json');
writeFileSync(`${path}.new`, JSON.stringify(plugin.manifest));
renameSync(`${path}.new`, path);
