import type { Administration } from '@syncline/ports';
import { declarations } from './declarations';
import { deviceRegistry } from './device-registry';
import { members } from './members';
import { pairings } from './pairings';
import { spaces } from './spaces';
import type { StoreTables } from './store-tables';
import { tenants } from './tenants';

export function administration(tables: StoreTables): Administration {
  return {
    ...tenants(tables),
    ...spaces(tables),
    ...members(tables),
    ...declarations(tables),
    ...deviceRegistry(tables),
    ...pairings(tables),
  };
}
