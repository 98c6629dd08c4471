/**
 * A generator of its own process that is to be killed: `node ledger-writer.ts FILE PLAN`. Marks one event after the other as
 * sent, then writes its index to stdout, as if that were the network; answers every second one some time later.
 */
import fs from 'node:fs';
import { Ledger } from '../../src/loadtest/ledger/ledger.ts';
import type { LoadPlan } from '../../src/loadtest/plan/plan.ts';

/** Far enough apart that the watermark rises often. */
const STEP = 991;
const ANSWER_AFTER = 50;

const [file, plan] = process.argv.slice(2);
const ledger = Ledger.open(file!, { plan: JSON.parse(plan!) as LoadPlan, worker: 0 });
let sent = 0;
setInterval(() => {
  for (let turn = 0; turn < 20; turn++, sent++) {
    const n = sent * STEP;
    ledger.mark(n, 'unknown');
    fs.writeSync(1, `${n}\n`);
    const answered = sent - ANSWER_AFTER;
    if (answered >= 0 && answered % 2 === 0) ledger.mark(answered * STEP, 'acknowledged');
  }
}, 1);
