import type { Declarations } from './declarations';
import type { DeviceRegistry } from './device-registry';
import type { Members } from './members';
import type { Pairings } from './pairings';
import type { Spaces } from './spaces';
import type { Tenants } from './tenants';

/** What a store offers beside the directory to those who run tenants, spaces and devices. */
export type Administration = Tenants & Spaces & Members & Declarations & DeviceRegistry & Pairings;
