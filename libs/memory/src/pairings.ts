import type { Pairings } from '@syncline/ports';
import type { StoreTables } from './store-tables';

export function pairings({ pairings: offered }: StoreTables): Pairings {
  return {
    async offerPairing(code, pairing) {
      offered.set(code, pairing);
    },
    async takePairing(code, nowMs) {
      const pairing = offered.get(code);
      offered.delete(code);
      return pairing !== undefined && pairing.expiresAtMs > nowMs ? pairing : null;
    },
    async forgetPairings(nowMs) {
      for (const [code, { expiresAtMs }] of offered) if (expiresAtMs <= nowMs) offered.delete(code);
    },
  };
}
