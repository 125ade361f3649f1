import type { Change } from '../changes';
import type { Reason } from '../refusals';
import type { ActiveRules } from '../rules';

export interface Unfit {
  readonly reason: Reason;
  /** Without the stop at its end. */
  readonly why: string;
}

const VIOLATIONS_TOLD_MAX = 5;

/** Whether a payload is what its collection declares; older shapes than the newest are taken as they are. */
export function unfitPayload(
  { declared, check }: ActiveRules,
  { schemaVersion }: Pick<Change, 'schemaVersion'>,
  payload: Uint8Array | null,
): Unfit | null {
  if (payload === null) return null;
  const { recordBytesMax, schema } = declared;
  if (recordBytesMax > 0 && payload.length > recordBytesMax) {
    const why = `${payload.length} bytes, the collection allows ${recordBytesMax}`;
    return { reason: 'RECORD_TOO_LARGE', why };
  }
  if (check === null || schemaVersion !== schema.current) return null;
  const violations = check(payload);
  if (violations.length === 0) return null;
  const told = violations
    .slice(0, VIOLATIONS_TOLD_MAX)
    .map(({ field, description }) => `${field} ${description}`);
  const more = violations.length - told.length;
  const list = `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  return {
    reason: 'INVALID_PAYLOAD',
    why: `the payload does not fit the JSON Schema of its collection: ${list}`,
  };
}
