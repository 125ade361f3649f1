import { deserialize, serialize } from 'node:v8';
import type { Announcement, SpaceKey } from '@syncline/core';
import { systemTimer } from '@syncline/memory';
import type { AccessChange, Present, WhereaboutsAnswer, WhereaboutsQuestion } from '@syncline/ports';
import { natsAccessNews } from './access-news';
import { natsAnnouncements, type NatsAnnouncementsDeps } from './announcements';
import { connectNats, type NatsLink, type NatsOptions } from './connection';
import { natsPresenceEvents } from './presence-events';
import { natsWhereabouts } from './whereabouts';

/** Any encoding will do; the product's own is the app's business. */
export const announcementCodec = {
  encode: (space: SpaceKey, announcement: Announcement): Uint8Array => serialize({ space, announcement }),
  decode: (bytes: Uint8Array) => readable<{ space: SpaceKey; announcement: Announcement }>(bytes),
};

export const presenceCodec = {
  encode: (space: SpaceKey, present: Present): Uint8Array => serialize({ space, present }),
  decode: (bytes: Uint8Array) => readable<{ space: SpaceKey; present: Present }>(bytes),
};

export const accessCodec = {
  encode: (change: AccessChange): Uint8Array => serialize(change),
  decode: (bytes: Uint8Array) => readable<AccessChange>(bytes),
};

function readable<Value>(bytes: Uint8Array): Value | null {
  try {
    return deserialize(bytes) as Value;
  } catch {
    return null;
  }
}

export const SMALL_STREAM = { keptMs: 60_000, keptBytesMax: 16 * 1_024 * 1_024 };

export function linkTo(url: string, given: Partial<NatsOptions> = {}): NatsLink {
  return connectNats({ servers: [url], name: 'test', timer: systemTimer(), ...given });
}

export function announcementsOn(link: NatsLink, prefix: string, given: Partial<NatsAnnouncementsDeps> = {}) {
  return natsAnnouncements({ link, prefix, stream: SMALL_STREAM, ...announcementCodec, ...given });
}

export const presenceEventsOn = (link: NatsLink, prefix: string) =>
  natsPresenceEvents({ link, prefix, ...presenceCodec });

export const accessNewsOn = (link: NatsLink, prefix: string) =>
  natsAccessNews({ link, prefix, ...accessCodec });

export const whereaboutsOn = (link: NatsLink, prefix: string) =>
  natsWhereabouts({
    link,
    prefix,
    timer: systemTimer(),
    question: {
      encode: (question: WhereaboutsQuestion): Uint8Array => serialize(question),
      decode: (bytes: Uint8Array) => readable<WhereaboutsQuestion>(bytes),
    },
    answer: {
      encode: (answer: WhereaboutsAnswer): Uint8Array => serialize(answer),
      decode: (bytes: Uint8Array) => readable<WhereaboutsAnswer>(bytes),
    },
  });
