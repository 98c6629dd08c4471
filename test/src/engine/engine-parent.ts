/** A process that starts an engine in the home it is given, prints its process id and waits to be killed. */
import { startEmbedded } from '../../../src/engine/embedded.ts';
import { engineOptions } from '../../support/engine.ts';

const engine = await startEmbedded(await engineOptions(process.argv[2]!));
await engine.ready(20_000);
process.stdout.write(`${engine.pid}\n`);
