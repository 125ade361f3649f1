import { type Answer, granted, refused } from '@syncline/core';
import type { Identity } from '@syncline/ports';
import { type DeviceGiven, registerDevice, type RegisterDeviceDeps } from './register-device';

/**
 * A device has come by itself: whoever was not registered is now, and others are brought up to date. To be asked at most
 * once a session; a refusal ends it.
 */
export function seeDevice(deps: RegisterDeviceDeps) {
  const register = registerDevice(deps);
  return async (
    { tenant, user, device: bound }: Identity,
    given: DeviceGiven,
    skewMs: number,
  ): Promise<Answer<null>> => {
    if (bound !== undefined && bound !== given.device)
      return refused('UNAUTHENTICATED', { message: 'The token is of another device.' });
    const device = { tenant, device: given.device };
    const seen = await register({ ...given, device, user, seen: { skewMs } });
    return seen.ok ? granted(null) : seen;
  };
}
