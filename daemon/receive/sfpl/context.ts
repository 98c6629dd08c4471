import type { Config } from '../../../src/config/schema.ts';
import type { Rejection } from '../../../src/event/rejection.ts';
import type { Agreement } from '../../../src/event/tables/agreement.ts';
import type { Payment } from '../../../src/event/tables/payment.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import type { ReceiverParts } from '../parts.ts';
import type { RowSink } from '../sink.ts';
import type { Locate } from './place.ts';
import type { Timezones } from './timezones.ts';

/** The block of addresses that a geo database tells of, and whose data that is. */
export interface Network {
  readonly from: string;
  readonly to: string;
  readonly country: string;
  readonly region: string;
  readonly city: string;
  readonly timezone: string;
  readonly attribution: string;
}

type Raw = Readonly<Record<string, unknown>>;

/** What the dialect needs besides what every mount is handed. */
export interface SfplOptions {
  readonly config: Config['sfpl'];
  readonly storeIp: boolean;
  /** Idle time that ends a session. */
  readonly sessionSeconds: number;
  readonly registry: Registry;
  readonly payments: RowSink<Payment>;
  readonly agreements: RowSink<Agreement>;
  /** A payment in canonical names, checked; `lines` is one map for all payments of a request. */
  readonly readPayment: (raw: Raw, receivedAt: number, lines: Map<string, number>) => Payment | Rejection;
  readonly readAgreement: (raw: Raw, receivedAt: number) => Agreement | Rejection;
  readonly locate: Locate;
  /** Undefined where the database knows nothing of the address, or it is none. */
  readonly networkOf: (ip: string) => Network | undefined;
  /** What is stored of a visitor's agreements, the newest first. */
  readonly agreementsOf: (account: string, visitorId: string) => Promise<readonly object[]>;
}

export interface SfplContext extends SfplOptions {
  readonly parts: ReceiverParts;
  readonly timezones: Timezones;
}
