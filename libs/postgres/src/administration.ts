import type { AccessNews, Administration } from '@syncline/ports';
import { declarations } from './declarations';
import { deviceRegistry } from './device-registry';
import { members } from './members';
import { pairings } from './pairings';
import { spaces } from './spaces';
import type { Sql } from './sql';
import { tenants } from './tenants';

export function administration(sql: Sql, news: AccessNews): Administration {
  return {
    ...tenants(sql, news),
    ...spaces(sql, news),
    ...members(sql, news),
    ...declarations(sql),
    ...deviceRegistry(sql),
    ...pairings(sql),
  };
}
