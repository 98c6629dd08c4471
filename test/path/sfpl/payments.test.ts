import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRig, type SfplRig } from './rig.ts';

/** `/tr/v1/ltv` (reference/seed-systems.md 2.9) and lifetime value over real sockets, down to the rows. */
let rig: SfplRig;

beforeAll(async () => {
  rig = await openRig({ 'flush.strategy': 'hybrid' });
});

afterAll(() => rig.daemon[Symbol.asyncDispose]());

interface Value {
  readonly currency: string;
  readonly amount: string;
  readonly payments: number;
  readonly refunds: number;
}

async function ltvOf(query: string): Promise<Value[]> {
  await rig.daemon.drained();
  const answer = await rig.ask(`/v1/ltv?${query}`);
  expect([query, answer.status]).toEqual([query, 200]);
  return (JSON.parse(answer.body) as { results: Value[] }).results;
}

test('a payment becomes a row with every field, exact amounts and ids as they were', async () => {
  const sent = {
    oid: 'single',
    uid: 'user-123',
    vid: 'user-id',
    sid: 's1',
    orid: 'order-123',
    invid: 'INV/7',
    amt: 99.99,
    currency: 'usd',
    product: 'Shoe',
    product_id: 'p-1',
    pcat: 'shoes',
    qty: 2,
    price: '54.995',
    discount: 10,
    tax: 7.5,
    tax_rate: 0.19,
    fees: '0.3',
    subtotal: 89.99,
    total: 99.99,
    payment: 'card',
    country: 'DE',
    rcode: 'friend',
    campaign_id: 'c1',
    paid_at: '2026-01-02T03:04:05Z',
  };
  const answer = await rig.post('/tr/v1/ltv/', sent);
  expect([answer.status, answer.body]).toEqual([200, '']);
  const [row] = await rig.payments<Record<string, unknown>>(
    'single',
    `user_id, visitor_id, session_id, order_id, invoice_id, toString(amount) AS amount, currency, product, product_id,
     toString(quantity) AS quantity, toString(price) AS price, toString(tax) AS tax, toString(fees) AS fees, method, country,
     referral_code, campaign_id, toString(paid_at) AS paid_at, properties`,
  );
  expect(row).toEqual({
    user_id: 'user-123',
    visitor_id: 'user-id',
    session_id: 's1',
    order_id: 'order-123',
    invoice_id: 'INV/7',
    amount: '99.99',
    currency: 'USD',
    product: 'Shoe',
    product_id: 'p-1',
    quantity: '2',
    price: '54.995',
    tax: '7.5',
    fees: '0.3',
    method: 'card',
    country: 'DE',
    referral_code: 'friend',
    campaign_id: 'c1',
    paid_at: '2026-01-02 03:04:05.000',
    properties: JSON.stringify({ pcat: 'shoes', tax_rate: 0.19 }),
  });
});

test('a payment may come as path and query of a GET', async () => {
  await rig.ask('/tr/v1/ltv/oid/get/uid/u/orid/o1?amt=12.50&currency=EUR');
  expect(await rig.payments('get', 'toString(amount) AS amount, currency')).toEqual([
    { amount: '12.5', currency: 'EUR' },
  ]);
});

test('a list of payments shares what stands outside, and each may say otherwise', async () => {
  const payments = [
    { amt: 50.0, currency: 'USD', orid: 'order-124' },
    { amt: 25.0, currency: 'USD', orid: 'order-125', uid: 'other' },
  ];
  expect((await rig.post('/tr/v1/ltv/', { oid: 'batch', uid: 'user-123', vid: 'v', payments })).body).toBe('');
  expect(await rig.payments('batch', 'order_id, user_id, toString(amount) AS amount')).toEqual([
    { order_id: 'order-124', user_id: 'user-123', amount: '50' },
    { order_id: 'order-125', user_id: 'other', amount: '25' },
  ]);
});

test('what is no payment is named and holds back no other', async () => {
  const payments = [
    7,
    { amt: 'much', orid: 'a' },
    { orid: 'b' },
    { amt: 1, orid: 'c', currency: 'euro' },
    { amt: 1, orid: 'd' },
  ];
  const answer = await rig.post('/tr/v1/ltv/', { oid: 'faulty', payments });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({
    accepted: 1,
    rejected: [
      { index: 0, reason: 'not_an_object' },
      { index: 1, reason: 'bad_format', field: 'amount' },
      { index: 2, reason: 'missing', field: 'amount' },
      { index: 3, reason: 'bad_format', field: 'currency' },
    ],
  });
  expect((await rig.post('/tr/v1/ltv/', { oid: 'faulty', payments: [7] })).status).toBe(400);
  expect((await rig.post('/tr/v1/ltv/', '{')).status).toBe(400);
  expect(await rig.payments('faulty', 'order_id')).toEqual([{ order_id: 'd' }]);
});

describe('W29: lifetime value', () => {
  test('counts an order once, however often it is sent, also after a kill and with another amount', async () => {
    const order = { oid: 'again', uid: 'u', orid: 'o1', amt: 10, currency: 'EUR' };
    await rig.post('/tr/v1/ltv/', order);
    await rig.post('/tr/v1/ltv/', order);
    await rig.crash();
    await rig.post('/tr/v1/ltv/', { ...order, amt: 11 });
    expect(await ltvOf('uid=u&account=again')).toMatchObject([{ currency: 'EUR', amount: '10', payments: 1 }]);
  });

  test('counts each line of an order, and the same lines once when the order is sent again', async () => {
    const lines = [
      { orid: 'o2', amt: 5, product_id: 'a' },
      { orid: 'o2', amt: 6, product_id: 'b' },
      { orid: 'o2', amt: 6, product_id: 'b' },
    ];
    for (let sent = 0; sent < 2; sent++) {
      await rig.post('/tr/v1/ltv/', { oid: 'lines', uid: 'u', currency: 'EUR', payments: lines });
    }
    expect(await ltvOf('orid=o2&account=lines')).toMatchObject([{ amount: '17', payments: 3 }]);
  });

  test('counts a payment once that is stored twice, as after the window of client ids', async () => {
    await rig.post('/tr/v1/ltv/', { oid: 'twice', uid: 'u', orid: 'o', amt: 3, currency: 'EUR' });
    await rig.post('/tr/v1/ltv/', { oid: 'copy', uid: 'u', orid: 'o', amt: 3, currency: 'EUR' });
    expect(await ltvOf('uid=u&account=twice')).toMatchObject([{ amount: '3', payments: 1 }]);
    // Another account's order of the same name is another order.
    expect(await ltvOf('uid=u&account=copy')).toMatchObject([{ amount: '3', payments: 1 }]);
  });

  test('never adds two currencies, and takes refunds off', async () => {
    const send = (payment: object) => rig.post('/tr/v1/ltv/', { oid: 'money', uid: 'u', vid: 'v', ...payment });
    await send({ orid: '1', amt: '0.1', currency: 'EUR' });
    await send({ orid: '2', amt: '0.2', currency: 'EUR' });
    await send({ orid: '3', amt: '100', currency: 'USD' });
    await send({ orid: '3', amt: '-40', currency: 'USD' });
    await send({ orid: '3', amt: '-40', currency: 'USD' });
    await send({ orid: '4', amt: '1.2345' });
    expect(await ltvOf('uid=u&account=money')).toMatchObject([
      { currency: '', amount: '1.2345', payments: 1 },
      { currency: 'EUR', amount: '0.3', payments: 2, refunds: 0 },
      { currency: 'USD', amount: '60', payments: 1, refunds: 1 },
    ]);
    expect(await ltvOf('vid=v&account=money')).toHaveLength(3);
    expect(await ltvOf('orid=3&account=money')).toMatchObject([{ amount: '60' }]);
  });

  test('payments without an order are payments of their own', async () => {
    for (let sent = 0; sent < 2; sent++)
      await rig.post('/tr/v1/ltv/', { oid: 'none', uid: 'u', amt: 1, currency: 'EUR' });
    expect(await ltvOf('uid=u&account=none')).toMatchObject([{ amount: '2', payments: 2 }]);
  });

  test('an id is text like any other: none reads more than its own', async () => {
    for (const uid of ["' OR 1=1 --", 'a" OR "1"="1', '{p0:String}', '日本', '0'.repeat(200)]) {
      await rig.post('/tr/v1/ltv/', { oid: 'text', uid, orid: uid.slice(0, 50), amt: 1, currency: 'EUR' });
      expect(await ltvOf(`account=text&uid=${encodeURIComponent(uid)}`)).toMatchObject([{ amount: '1' }]);
    }
  });

  test('asks for exactly one of uid, vid and orid', async () => {
    for (const query of ['', 'account=a', 'uid=', 'uid=a&vid=b', 'user=a']) {
      expect([query, (await rig.ask(`/v1/ltv?${query}`)).status]).toEqual([query, 400]);
    }
  });
});

test('W2, W4: payments that were answered are each stored exactly once through kills of daemon and engine', async () => {
  const answered: number[] = [];
  let next = 0;
  for (let round = 0; round < 4; round++) {
    const sending = Array.from({ length: 4 }, async () => {
      for (let sent = 0; sent < 12; sent++) {
        const number = next++;
        const body = { oid: 'kills', uid: 'u', orid: `order-${number}`, amt: `${number}.01`, currency: 'EUR' };
        // A payment without an answer is sent again, as a client would.
        for (let tries = 0; tries < 400; tries++) {
          const status = await rig.post('/tr/v1/ltv/', body).then(
            (answer) => answer.status,
            () => 0,
          );
          if (status === 200) break;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        answered.push(number);
      }
    });
    const enginePid = await rig.daemon.enginePid();
    if (round % 2 === 0) process.kill(enginePid, 'SIGKILL');
    await rig.daemon.until(async () => answered.length > round * 48 + 10);
    await rig.crash();
    await Promise.all(sending);
  }
  await rig.daemon.drained();
  const rows = await rig.payments<{ order_id: string; amount: string }>(
    'kills',
    'order_id, toString(amount) AS amount',
  );
  expect(rows.map(({ order_id }) => order_id).sort()).toEqual(answered.map((number) => `order-${number}`).sort());
  const cents = rows.reduce((sum, { amount }) => sum + Math.round(Number(amount) * 100), 0);
  expect(cents).toBe(answered.reduce((sum, number) => sum + number * 100 + 1, 0));
  const status = await rig.daemon.status();
  expect(status.tables.payments).toMatchObject({ deadLettered: 0 });
}, 120_000);
