import { type Answer, granted, refused } from '@syncline/core';
import type { Identity, Tenant } from '@syncline/ports';
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
    known: Tenant | null,
  ): Promise<Answer<null>> => {
    if (bound !== undefined && bound !== given.device)
      return refused('UNAUTHENTICATED', { message: 'The token is of another device.' });
    const device = { tenant, device: given.device };
    const described = {
      name: plain(given.name),
      platform: plain(given.platform),
      appVersion: plain(given.appVersion),
      client: plain(given.client),
    };
    const seen = await register({ ...described, device, user, seen: { skewMs } }, known);
    return seen.ok ? granted(null) : seen;
  };
}

const LETTERS_MAX = 255;

/** A session does not end over what a device calls itself. */
function plain(text: string): string {
  return text.slice(0, LETTERS_MAX).replaceAll(/[\u0000-\u001f\u007f]/g, ' ');
}
