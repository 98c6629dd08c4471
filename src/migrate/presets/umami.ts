import type { TablePlan } from '../column.ts';
import type { Relation } from '../postgres/catalog.ts';
import { eventMoney, eventProperties, eventsPlan, eventText, eventTime, eventUuid, optional } from './events.ts';

export interface UmamiTables {
  readonly websiteEvent: Relation;
  readonly session: Relation;
  /** Null where this version has none. */
  readonly eventData: Relation | null;
  readonly revenue: Relation | null;
}

const CLICK_IDS = ['gclid', 'fbclid', 'msclkid', 'ttclid', 'li_fat_id', 'twclid'] as const;

/** Digits of a number that a double holds; longer ones stay texts. */
const NUMBER = `abs(d.number_value) < 1e11`;

/** Properties of an event: one row of `event_data` each. Numbers have four decimals there. */
const DATA_VALUE = `CASE
  WHEN d.number_value IS NOT NULL AND d.string_value IS NULL AND ${NUMBER} THEN to_jsonb(trim_scale(d.number_value))
  WHEN d.string_value IS NOT NULL AND d.data_type = 2 AND ${NUMBER} THEN to_jsonb(trim_scale(d.number_value))
  ELSE to_jsonb(coalesce(d.string_value, d.number_value::text, d.date_value::text)) END`;

/**
 * Events of Umami 2 and 3 on PostgreSQL: `website_event`, with what `session`, `event_data` and `revenue` say about it. A
 * session of Umami is a visitor of a month, a visit is a session.
 */
export function umamiPlan({ websiteEvent: t, session: s, eventData, revenue }: UmamiTables): TablePlan {
  const query = `nullif(t.url_query, '')`;
  const host = optional(t, 't', 'hostname') === `''` ? optional(s, 's', 'hostname') : optional(t, 't', 'hostname');
  const clickIds = CLICK_IDS.filter((name) => optional(t, 't', name) !== `''`);
  const joins = [`LEFT JOIN ${s.sql} s ON s.session_id = t.session_id`];
  if (eventData !== null) {
    joins.push(`LEFT JOIN LATERAL (SELECT jsonb_object_agg(d.data_key, ${DATA_VALUE}) AS doc FROM ${eventData.sql} d
      WHERE d.website_event_id = t.event_id) p ON t.event_type <> 1`);
  }
  if (revenue !== null) {
    joins.push(`LEFT JOIN LATERAL (SELECT sum(r.revenue) AS amount, max(r.currency) AS currency FROM ${revenue.sql} r
      WHERE r.event_id = t.event_id) m ON t.event_type <> 1`);
  }
  return eventsPlan(t, {
    joins: joins.join('\n'),
    columns: [
      eventUuid('event_id', 'event_id', 't.event_id'),
      eventText('account', 'website_id', 't.website_id::text'),
      eventText('name', 'event_name', `coalesce(nullif(t.event_name, ''), 'pageview')`),
      eventText(
        'type',
        'event_type',
        `CASE t.event_type WHEN 1 THEN 'pageview' WHEN 2 THEN 'event' ELSE t.event_type::text END`,
      ),
      eventText('visitor_id', 'session_id', 't.session_id::text'),
      eventText('session_id', 'visit_id', `${optional(t, 't', 'visit_id', 'session_id')}::text`),
      eventText('user_id', 'session.distinct_id', optional(s, 's', 'distinct_id')),
      eventTime('occurred_at', 'created_at', `(t.created_at AT TIME ZONE 'UTC')`),
      eventTime('received_at', 'created_at', `(t.created_at AT TIME ZONE 'UTC')`),
      eventText(
        'url',
        'hostname, url_path, url_query',
        `concat('https://' || nullif(${host}, ''), t.url_path, '?' || ${query})`,
      ),
      eventText('host', 'hostname', host),
      eventText('path', 'url_path', 't.url_path'),
      eventText('title', 'page_title', 't.page_title'),
      eventText(
        'referrer',
        'referrer_domain, referrer_path, referrer_query',
        `concat('https://' || nullif(t.referrer_domain, ''), t.referrer_path, '?' || nullif(t.referrer_query, ''))`,
      ),
      eventText('referrer_host', 'referrer_domain', 't.referrer_domain'),
      ...['source', 'medium', 'campaign', 'term', 'content'].map((part) =>
        eventText(`utm_${part}`, `utm_${part}`, optional(t, 't', `utm_${part}`)),
      ),
      ...(clickIds.length === 0
        ? []
        : [
            eventText(
              'click_id_type',
              clickIds.join(', '),
              `CASE ${clickIds.map((id) => `WHEN t.${id} <> '' THEN '${id}'`).join(' ')} END`,
            ),
            eventText(
              'click_id',
              clickIds.join(', '),
              `coalesce(${clickIds.map((id) => `nullif(t.${id}, '')`).join(', ')})`,
            ),
          ]),
      eventText('country', 'session.country', optional(s, 's', 'country')),
      eventText('region', 'session.region', optional(s, 's', 'region', 'subdivision1')),
      ...['city', 'browser', 'os', 'device', 'screen', 'language'].map((name) =>
        eventText(name, `session.${name}`, optional(s, 's', name)),
      ),
      ...(eventData === null ? [] : [eventProperties('properties', 'event_data', 'p.doc')]),
      ...(revenue === null
        ? []
        : [
            eventMoney('revenue', 'revenue.revenue', 'm.amount'),
            eventText('currency', 'revenue.currency', 'm.currency'),
          ]),
    ],
  });
}
