export { natsAccessNews, type NatsAccessNewsDeps } from './access-news';
export { DEFAULT_STREAM_LIMITS, type StreamLimits } from './announcement-stream';
export { natsAnnouncements, type NatsAnnouncementsDeps } from './announcements';
export { connectNats, type NatsLink, type NatsOptions, type NatsStatus } from './connection';
export { natsPresenceEvents, type NatsPresenceEventsDeps } from './presence-events';
export { UnreadableMessage } from './shared-listening';
export { type NatsLog, toldTo } from './told-to-log';
export { natsWhereabouts, type NatsWhereaboutsDeps } from './whereabouts';
