/** Why a command was refused on the device itself, before anything was changed. */
const LOCAL_REASONS = {
  SPACE_NOT_FOLLOWED: 'The space is not followed on this device. Follow it first.',
  TOO_MANY_SPACES: 'No further space can be followed. Unfollow one.',
  CHANGES_PENDING: 'The space holds changes that were not sent yet. Sync first, or insist.',
  DOWNLOAD_ONLY: 'The space is followed for reading only. Choose another mode.',
  NO_EDITS: 'The command holds no edits.',
  TOO_MANY_EDITS: 'The command holds more edits than can travel together. Split it.',
  QUEUE_FULL: 'Too many changes wait on this device. Sync or discard failed ones first.',
  INVALID_ID: 'A collection or record id is not well-formed. Choose another.',
  COLLECTION_RESERVED: 'Collections of the system cannot be written.',
  RECORD_TOO_LARGE: 'The record would be over the limit. Move large content to an artifact.',
  RECORD_EXISTS: 'There is such a record already. Update it.',
  RECORD_NOT_FOUND: 'There is no such record. Create it first.',
  INVALID_PATCH: 'The patch, or the record under it, is not a JSON object.',
  UNKNOWN_DATA_TYPE: 'The engine was not given this data type. Give it when the engine is made.',
  INVALID_OPERATIONS: 'The operations cannot be applied to the record as it is shown.',
  NO_SUCH_FAILED_CHANGE: 'There is no such failed change.',
  NOT_CONNECTED: 'This needs a connection, and there is none.',
} as const satisfies Record<string, string>;

export type LocalReason = keyof typeof LOCAL_REASONS;

export interface LocalRefusal {
  readonly reason: LocalReason;
  readonly message: string;
  /** Which edit of the command is at fault, counted from 0; null where it is the command itself. */
  readonly edit: number | null;
}

export function localRefusal(
  reason: LocalReason,
  edit: number | null = null,
  detail: string | null = null,
): LocalRefusal {
  const message = detail === null ? LOCAL_REASONS[reason] : `${LOCAL_REASONS[reason]} (${detail})`;
  return { reason, message, edit };
}
