import { entryOf, type Entry } from '../entry.js';
import type { Entries } from '../record-reader.js';

/** The media type of a batch (CloudEvents 1.0, JSON format, section 4). */
export const CLOUD_EVENTS = 'application/cloudevents-batch+json';

/** Digits of `sequence`, with which texts sort as their numbers do. */
const SEQUENCE_DIGITS = 20;

/** @returns the entries as a batch of CloudEvents; each has its entry, unchanged, as `data` */
export function cloudEventsOf({ entries, origin }: Pick<Entries, 'entries' | 'origin'>): string {
  const events = entries.map(({ position, body }) => {
    const entry = entryOf(body);
    const { id, type, at: time } = entry;
    const attributes = {
      specversion: '1.0',
      id,
      source: origin,
      type,
      subject: subjectOf(entry),
      time,
      sequence: String(position).padStart(SEQUENCE_DIGITS, '0'),
      datacontenttype: 'application/json',
    };
    return `${JSON.stringify(attributes).slice(0, -1)},"data":${body}}`;
  });
  return `[${events.join(',')}]`;
}

/** @returns the row that the entry is about, such as `membership/191` */
function subjectOf({ membership, medic, hospital, before, after }: Entry): string {
  if (membership !== null) return `membership/${String(membership)}`;
  const { token, service } = Object(after ?? before) as { token?: number; service?: number };
  if (service !== undefined) return `service/${String(service)}`;
  if (token !== undefined) return `token/${String(token)}`;
  return medic === null ? `hospital/${String(hospital)}` : `medic/${String(medic)}`;
}
