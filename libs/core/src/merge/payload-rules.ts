import type { Change } from '../changes';
import type { Reason, Violation } from '../refusals';
import type { ActiveRules } from '../rules';

export interface Unfit {
  readonly reason: Reason;
  /** Without the stop at its end. */
  readonly why: string;
  /** By field, where it can be told so. */
  readonly violations?: readonly Violation[];
}

const IN_WORDS_MAX = 5;
/** A push may hold many such changes, and each is remembered with its answer. */
const VIOLATIONS_MAX = 20;

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
  const told = violations.slice(0, IN_WORDS_MAX).map(({ field, description }) => `${field} ${description}`);
  const more = violations.length - told.length;
  const list = `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  return {
    reason: 'INVALID_PAYLOAD',
    why: `the payload does not fit the JSON Schema of its collection: ${list}`,
    violations: violations
      .slice(0, VIOLATIONS_MAX)
      .map(({ field, description }) => ({ field: `payload${field}`, description })),
  };
}
