import { deviceId, spaceId, type SpaceKey, spaceKey, tenantId, userId } from '@syncline/core';

export const TENANT = tenantId('world');

export const spaceName = (space: number) => spaceId(`s${space}`);
export const spaceKeyOf = (space: number): SpaceKey => spaceKey(TENANT, spaceName(space));
export const deviceName = (device: number) => deviceId(`d${device}`);
export const userOf = (device: number) => userId(`u${device}`);
