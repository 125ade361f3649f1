import { type NatsConnection, nanos } from '@nats-io/transport-node';
import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';

/** How much of the past durable consumers of announcements can still read. */
export interface StreamLimits {
  readonly keptMs: number;
  readonly keptBytesMax: number;
  /** A repeated message id is dropped for so long. */
  readonly duplicatesMs: number;
  /** Servers that keep a copy each. */
  readonly replicas: number;
}

export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  keptMs: 24 * 60 * 60 * 1_000,
  keptBytesMax: 1_024 * 1_024 * 1_024,
  duplicatesMs: 2 * 60 * 1_000,
  replicas: 1,
};

/**
 * Creates the stream, or brings it to these limits; any number of processes may do so at once. Answers whether there was
 * anything to do.
 */
export async function ensureStream(
  connection: NatsConnection,
  name: string,
  subject: string,
  limits: StreamLimits,
): Promise<boolean> {
  const manager = await jetstreamManager(connection, { timeout: MANAGE_WITHIN_MS, checkAPI: false });
  const config = {
    name,
    subjects: [subject],
    description: 'Announcements: which spaces were written to',
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(limits.keptMs),
    max_bytes: limits.keptBytesMax,
    duplicate_window: nanos(Math.min(limits.duplicatesMs, limits.keptMs)),
    num_replicas: limits.replicas,
  };
  const found = await manager.streams.info(name).catch((error: unknown) => {
    if (isApiError(error, JetStreamApiCodes.StreamNotFound)) return null;
    throw error;
  });
  if (found === null) {
    const added = await manager.streams.add(config).catch((error: unknown) => {
      if (isApiError(error, NAME_IN_USE)) return null;
      throw error;
    });
    if (added !== null) return true;
  } else if (agrees(found.config, config)) return false;
  await manager.streams.update(name, config);
  return true;
}

const MANAGE_WITHIN_MS = 2_000;
/** Someone else has created it with other limits meanwhile. */
const NAME_IN_USE = 10_058;

const isApiError = (error: unknown, code: number): boolean =>
  error instanceof JetStreamApiError && error.code === code;

function agrees(found: object, wanted: object): boolean {
  const has = found as Record<string, unknown>;
  return Object.entries(wanted).every(([key, value]) => JSON.stringify(has[key]) === JSON.stringify(value));
}
