import { administrationWorld, ANN, type MakeAdministration } from './administration-fixtures';
import { BASE_MS } from './change-fixtures';

export function describePairingsContract(name: string, make: MakeAdministration): void {
  describe(`${name} keeps the contract of pairings`, () => {
    const world = administrationWorld(make);
    const offered = async (code: string) => {
      const pairing = { tenant: world.tenant(), user: ANN, expiresAtMs: BASE_MS + 10 };
      await world.store.offerPairing(code, pairing);
      return pairing;
    };

    test('a code is taken once', async () => {
      const code = world.tenant();
      const pairing = await offered(code);
      const taken = await Promise.all([1, 2, 3].map(() => world.store.takePairing(code, BASE_MS)));
      expect(taken.filter((each) => each !== null)).toEqual([pairing]);
      expect(await world.store.takePairing(code, BASE_MS)).toBeNull();
    });

    test('a code is not taken too late, and not before it was offered', async () => {
      const code = world.tenant();
      expect(await world.store.takePairing(code, BASE_MS)).toBeNull();
      await offered(code);
      expect(await world.store.takePairing(code, BASE_MS + 10)).toBeNull();
    });

    test('what has expired is forgotten, and the rest stays', async () => {
      const [early, late] = [world.tenant(), world.tenant()];
      await offered(early);
      const stays = { tenant: world.tenant(), user: ANN, expiresAtMs: BASE_MS + 30 };
      await world.store.offerPairing(late, stays);
      await world.store.forgetPairings(BASE_MS + 20);
      expect(await world.store.takePairing(early, BASE_MS)).toBeNull();
      expect(await world.store.takePairing(late, BASE_MS)).toEqual(stays);
    });
  });
}
