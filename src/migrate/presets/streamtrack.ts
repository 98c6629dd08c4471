import type { TablePlan } from '../column.ts';
import type { Relation } from '../postgres/catalog.ts';
import { sqlText } from '../postgres/quote.ts';
import { eventsPlan, eventText, eventTime, eventUuid } from './events.ts';

export const STREAMTRACK_TABLE = 'activities';

/** `activities(id, user_id, action, created_at)` of StreamTrack. The id of an event follows from that of its row. */
export function streamtrackPlan(activities: Relation, account: string): TablePlan {
  return eventsPlan(activities, {
    columns: [
      eventUuid('event_id', 'id', `md5('streamtrack/activities/' || t.id)::uuid`),
      eventText('account', '--account', sqlText(account)),
      eventText('name', 'action', 't.action'),
      eventText('user_id', 'user_id', 't.user_id'),
      eventTime('occurred_at', 'created_at', `(t.created_at AT TIME ZONE 'UTC')`),
      eventTime('received_at', 'created_at', `(t.created_at AT TIME ZONE 'UTC')`),
    ],
  });
}
