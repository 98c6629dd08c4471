/**
 * Entry of the engine's child process: ClickHouse from `libchdb`, run as an ordinary HTTP server.
 *
 * Called as `node engine-process.js <libchdb> <arguments of clickhouse local…>`. Promises: it ends in order when its
 * standard input is closed, hence also when its parent dies in whatever way; it ignores the signals that a terminal
 * or a service manager sends to the whole group, since the parent still drains. The engine runs on a thread of its own:
 * it checks its stack, which must be a real one.
 */
import os from 'node:os';
import { DataType, load, open } from 'ffi-rs';

const LIBRARY = 'chdb';
/**
 * Under the priority of the collector: on a small box an insert or a merge waits for a turn, and whoever sends an event
 * does not. Ten steps are a tenth of the share where both want all of a core (sched(7)).
 */
const NICENESS = 10;

const [libraryPath, ...clickhouseArguments] = process.argv.slice(2);
const argv = ['clickhouse', ...clickhouseArguments];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

// Before the library makes its threads: each has the priority of the one that made it.
os.setPriority(NICENESS);
open({ library: LIBRARY, path: libraryPath! });
// Errors are ClickHouse's own and already on standard error; the parent reads them there.
await load({
  library: LIBRARY,
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [argv.length, argv],
  runInNewThread: true,
});
