import type { Change } from '../changes';
import type { DeviceId } from '../ids';
import type { StoredRecord } from '../records';
import { gotFromWriter } from './dependencies';

/**
 * Whether a device that made this change has seen the record as it stands: in its copy, by its own change before, which
 * stands, or from the device that wrote it. An own change that did not get its way hid what the copy has.
 */
export function hasSeen(stored: StoredRecord, device: DeviceId, change: Change): boolean {
  if (change.reliesOn !== undefined && gotFromWriter(stored, change)) return true;
  const { baseVersion, after } = change;
  const inCopy = baseVersion >= stored.version;
  const isOwn = stored.device === device && stored.number === after;
  return isOwn ? inCopy || !stored.merged : inCopy && after === 0;
}
