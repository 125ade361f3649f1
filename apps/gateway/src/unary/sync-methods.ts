import { spaceActivity } from './activity';
import { admitCaller } from './admitted';
import type { CallDeps } from './call-deps';
import { checkMethod } from './check';
import { compareMethod } from './compare';
import { serviceMethods, type UnaryMethods } from './methods';
import { pullMethod } from './pull';
import { pushMethod } from './push';
import { spacesMethod } from './spaces';
import { statusMethod } from './status';

/** Everything that a session does, for devices that come and go: the calls of SyncService. */
export function syncMethods(deps: CallDeps): UnaryMethods {
  const admit = admitCaller(deps);
  const activity = spaceActivity(deps);
  return new Map(
    serviceMethods('syncline.v1.SyncService', {
      Spaces: spacesMethod(deps, admit),
      Check: checkMethod(deps, admit, activity),
      Push: pushMethod(deps, admit),
      Pull: pullMethod(deps, admit, activity),
      Compare: compareMethod(deps, admit),
      Status: statusMethod(deps, admit),
    }),
  );
}
