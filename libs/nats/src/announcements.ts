import { headers as natsHeaders, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { jetstream } from '@nats-io/jetstream';
import type { Announcement, SpaceKey } from '@syncline/core';
import { type Announcements, Unavailable } from '@syncline/ports';
import { DEFAULT_STREAM_LIMITS, ensureStream, type StreamLimits } from './announcement-stream';
import type { NatsLink } from './connection';
import { sharedListening } from './shared-listening';
import { subjectsUnder } from './subjects';

export interface NatsAnnouncementsDeps {
  readonly link: NatsLink;
  /** Leads the stream's name and all subjects: installations with different prefixes can share a server. */
  readonly prefix?: string;
  readonly stream?: Partial<StreamLimits>;
  readonly encode: (space: SpaceKey, announcement: Announcement) => Uint8Array;
  /**
   * Null for what cannot be read. All local listeners are handed the very object that this returns, so whatever is to be
   * known of its bytes can be attached to it.
   */
  readonly decode: (
    bytes: Uint8Array,
    header: (name: string) => string | undefined,
  ) => { readonly space: SpaceKey; readonly announcement: Announcement } | null;
}

const ACKNOWLEDGED_WITHIN_MS = 2_000;
/** Beside the payload, a message carries its headers. */
const HEADERS_BYTES_MAX = 4_096;
const WHAT = 'announced';

/**
 * On one subject, heard in two ways: sessions listen live, and a JetStream stream keeps what passes for durable consumers.
 * Listeners therefore hear also what the stream drops as repeated, or cannot take.
 */
export function natsAnnouncements(deps: NatsAnnouncementsDeps): Announcements {
  const { link, prefix = 'syncline', encode, decode } = deps;
  const subjects = subjectsUnder(prefix);
  const streamed = streamKept(link, `${prefix}_${WHAT}`.replace(/[^\w-]/g, '_'), subjects.all(WHAT), {
    ...DEFAULT_STREAM_LIMITS,
    ...deps.stream,
  });
  const listening = sharedListening<Announcement>({
    link,
    subjectOf: (space) => subjects.ofSpace(WHAT, space),
    decode({ data, headers }) {
      const decoded = decode(data, (name) => headers?.get(name) || undefined);
      return decoded === null ? null : { space: decoded.space, event: decoded.announcement };
    },
  });

  return {
    async publish(space, announcement) {
      const connection = link.up();
      const bytes = fitting(connection, (form) => encode(space, form), announcement);
      const { epoch, to } = announcement;
      const headers = headersOf(announcement);
      await streamed(connection, (ensured) =>
        jetstream(ensured).publish(subjects.ofSpace(WHAT, space), bytes, {
          msgID: `${space}/${epoch}/${to}`,
          headers,
          timeout: ACKNOWLEDGED_WITHIN_MS,
          retries: 0,
        }),
      );
    },
    listen: (space, listener) => listening.listen(space, listener),
  };
}

/** Without entries every session reads what it lacks; without clock and digests, the message is small for certain. */
function fitting(
  connection: NatsConnection,
  encode: (announcement: Announcement) => Uint8Array,
  announcement: Announcement,
): Uint8Array {
  const bytesMax = (connection.info?.max_payload ?? Infinity) - HEADERS_BYTES_MAX;
  const whole = encode(announcement);
  if (whole.length <= bytesMax) return whole;
  const slim = encode({ ...announcement, entries: null });
  if (slim.length <= bytesMax) return slim;
  return encode({ ...announcement, entries: null, clock: new Map(), digests: new Map() });
}

/** For whoever follows traces without knowing our messages; they name all of them. */
function headersOf({ traces: [traceparent] = [] }: Announcement): MsgHdrs {
  const headers = natsHeaders();
  if (traceparent !== undefined) headers.set('traceparent', traceparent);
  return headers;
}

type Streamed = <Result>(
  connection: NatsConnection,
  publish: (connection: NatsConnection) => Promise<Result>,
) => Promise<Result>;

/**
 * Publishes into a stream that may be missing: it is looked after each time the connection comes up, and again when no
 * acknowledgement comes, because a server can lose its stream while it runs. Where sessions listen to the subject, the
 * server does not say that no stream does.
 */
function streamKept(link: NatsLink, name: string, subject: string, limits: StreamLimits): Streamed {
  const state: { ensuring: Promise<boolean> | null } = { ensuring: null };
  const ensure = (connection: NatsConnection): Promise<boolean> => {
    state.ensuring ??= ensureStream(connection, name, subject, limits).finally(() => {
      state.ensuring = null;
    });
    return state.ensuring;
  };
  link.onUp((connection) => void ensure(connection).catch((problem: unknown) => link.problem(problem)));

  return async (connection, publish) => {
    try {
      await state.ensuring?.catch(() => undefined);
      return await publish(connection).catch(async (first: unknown) => {
        if (!(await ensure(connection))) throw first;
        return publish(connection);
      });
    } catch (cause) {
      throw new Unavailable('the stream of announcements', { cause });
    }
  };
}
