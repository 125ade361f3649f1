import { spaceName } from '../names';
import { fail } from '../record';
import type { World } from '../world';

/** What was rejected waits on its device until someone sees to it. */
export function checkFailed({ record, devices, plan }: World): void {
  const waiting = new Set<string>();
  for (const device of devices) {
    for (let space = 0; space < plan.spaces; space++) {
      for (const { change } of device.engine().spaces.get(spaceName(space))?.failed.values() ?? [])
        waiting.add(`${device.name} ${spaceName(space)} ${change.number}`);
    }
  }
  for (const { device, space, number, told, retried } of record.edits) {
    if (told?.status !== 'REJECTED' || retried) continue;
    if (!waiting.has(`${device} ${space.split('/')[1]} ${number}`))
      fail(record, '1', `the rejected change ${number} of ${device} in ${space} is gone from its device`);
  }
}
