import { describe, expect, it } from 'vitest';
import { openTestReceiver, post } from '../harness.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('POST /track', () => {
  it('takes {user_id, action} with every other key as a property', async () => {
    const target = await openTestReceiver();
    const body = { user_id: 'u1', action: 'bought', price: 3, cart: { items: ['x'] }, event_id: 'e1', account: 'shop' };
    const response = await post(target, JSON.stringify(body), JSON_TYPE, '/track');
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 1, duplicates: 0, rejected: [], receipt: 'seg:1' });
    expect(target.committed[0]).toMatchObject({
      user_id: 'u1',
      name: 'bought',
      event_id: 'e1',
      account: 'shop',
      properties: '{"price":3,"cart":{"items":["x"]}}',
    });
  });

  it.each([
    ['{"action":"a"}', 'missing', 'user_id'],
    ['{"user_id":"","action":"a"}', 'missing', 'user_id'],
    ['{"user_id":null,"action":"a"}', 'missing', 'user_id'],
    ['{"user_id":"u"}', 'missing', 'action'],
    ['{"user_id":"u","action":7}', 'wrong_type', 'action'],
    ['"track me"', 'not_an_object', ''],
    ['[["u","a"]]', 'not_an_object', ''],
  ])('answers 400 to %s', async (body, reason, field) => {
    const target = await openTestReceiver();
    const response = await post(target, body, JSON_TYPE, '/track');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ accepted: 0, rejected: [{ index: 0, reason, field }] });
  });

  it('takes many at a time like /v1/events', async () => {
    const target = await openTestReceiver();
    const body = '[{"user_id":"u","action":"a"},{"user_id":"u"}]';
    const response = await post(target, body, JSON_TYPE, '/track');
    expect(await response.json()).toMatchObject({ accepted: 1, rejected: [{ index: 1, field: 'action' }] });
  });
});

describe('POST /', () => {
  it.each([
    ['{"account_id":1,"data":"foo"}', '1', '{"data":"foo"}'],
    ['{"account_id":"acme","data":{"a":[1]}}', 'acme', '{"data":{"a":[1]}}'],
    ['{"account_id":0,"data":null,"extra":1}', '0', '{"data":null}'],
  ])('takes %s', async (body, account, properties) => {
    const target = await openTestReceiver();
    const response = await post(target, body, JSON_TYPE, '/');
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ accepted: 1, receipt: 'seg:1' });
    expect(target.committed[0]).toMatchObject({ account, name: 'data', properties });
  });

  it.each([
    ['{"data":"foo"}', 'missing', 'account_id'],
    ['{"account_id":1}', 'missing', 'data'],
    ['7', 'not_an_object', ''],
  ])('answers 400 to %s', async (body, reason, field) => {
    const target = await openTestReceiver();
    const response = await post(target, body, JSON_TYPE, '/');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ rejected: [{ reason, field }] });
  });
});
