import { serviceMethods, type UnaryMethods } from '../unary/methods';
import type { AdminDeps } from './admin-deps';
import { collectionMethods } from './collection-methods';
import { deviceMethods } from './device-methods';
import { knownCalls } from './known-call';
import { memberMethods, spaceMethods } from './space-methods';
import { tenantMethods } from './tenant-methods';

/** The calls of AdminService and DeviceService. */
export function adminServices(deps: AdminDeps): UnaryMethods {
  const known = knownCalls(deps);
  return new Map([
    ...serviceMethods('syncline.v1.AdminService', {
      ...tenantMethods(deps, known),
      ...spaceMethods(deps, known),
      ...memberMethods(deps, known),
      ...collectionMethods(deps, known),
    }),
    ...serviceMethods('syncline.v1.DeviceService', deviceMethods(deps, known)),
  ]);
}
