import { type UserId, userId } from '@syncline/core';
import type { Administration, Founding, Member } from '@syncline/ports';
import { BASE_MS, OWNER } from './change-fixtures';
import { type Store, type StoreUnderTest, type StoreWorld, storeWorld } from './store-under-test';

export interface AdministrationUnderTest extends StoreUnderTest {
  readonly store: Store & Administration;
}

export type MakeAdministration = () => Promise<AdministrationUnderTest>;

export interface AdministrationWorld extends StoreWorld {
  readonly store: Store & Administration;
}

export const administrationWorld = (make: MakeAdministration): AdministrationWorld =>
  storeWorld(make) as AdministrationWorld;

export const ANN: UserId = userId('ann');

export const memberOf = (user: string, given: Partial<Member> = {}): Member => ({
  user: userId(user),
  access: OWNER,
  addedAtMs: BASE_MS,
  expiresAtMs: null,
  ...given,
});

export const foundingOf = (given: Partial<Founding> = {}): Founding => ({
  name: '',
  declaredOnly: false,
  quota: null,
  owner: memberOf('ann'),
  collections: [],
  createdAtMs: BASE_MS,
  ...given,
});
