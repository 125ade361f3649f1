import type { SpaceKey, Version } from '@syncline/core';
import type { DeviceSeen, DeviceStore, SpaceDevice } from '@syncline/ports';
import type { SpaceTable } from './space-table';
import type { StoreTables } from './store-tables';

export function deviceStore({ spaces }: StoreTables): DeviceStore {
  const see = (space: SpaceKey, seen: DeviceSeen, version: (known: Version | null) => Version): void => {
    const table = spaces.get(space);
    if (table === undefined) return;
    const { device, user, nowMs, skewMs } = seen;
    const known = table.devices.get(device);
    table.devices.set(device, {
      device,
      user: known?.user ?? user,
      skewMs,
      acknowledged: version(known?.acknowledged ?? null),
      lastSeenMs: Math.max(known?.lastSeenMs ?? nowMs, nowMs),
    });
  };

  return {
    async open(space, seen, acknowledged) {
      see(space, seen, (known) => known ?? acknowledged);
      const table = spaces.get(space);
      return table === undefined ? null : (deviceOf(table, seen.device) ?? null);
    },
    async acknowledge(several) {
      for (const { space, seen, version } of several)
        see(space, seen, (known) => Math.max(known ?? version, version));
    },
    async restart(space, seen, version) {
      see(space, seen, () => version);
    },
    async devices(space) {
      const table = spaces.get(space);
      if (table === undefined) return null;
      return [...table.devices.keys()].map((device) => deviceOf(table, device)!);
    },
  };
}

function deviceOf(table: SpaceTable, device: SpaceDevice['device']): SpaceDevice | undefined {
  const known = table.devices.get(device);
  return known && { ...known, lastNumber: table.numbers.get(device)?.number ?? 0 };
}
