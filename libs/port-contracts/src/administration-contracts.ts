import type { MakeAdministration } from './administration-fixtures';
import { describeDeclarationsContract } from './declarations-contract';
import { describeDeviceRegistryContract } from './device-registry-contract';
import { describeMembersContract } from './members-contract';
import { describePairingsContract } from './pairings-contract';
import { describeSpacesContract } from './spaces-contract';
import { describeTenantsContract } from './tenants-contract';

/** All suites of a store that takes care of tenants, spaces and devices as well. */
export function describeAdministrationContracts(name: string, make: MakeAdministration): void {
  describeTenantsContract(name, make);
  describeSpacesContract(name, make);
  describeMembersContract(name, make);
  describeDeclarationsContract(name, make);
  describeDeviceRegistryContract(name, make);
  describePairingsContract(name, make);
}
