import type { AccessChange, AccessNews } from '@syncline/ports';
import { listeners } from './listeners';

export function memoryAccessNews(): AccessNews {
  const listening = listeners<AccessChange>();
  return {
    publish: async (change) => listening.tell(change),
    listen: (listener) => listening.add(listener),
  };
}
