import type { GatewayDeps } from '../gateway-deps';
import type { OpenSessions } from './open-sessions';

/** What the calls for operators, owners and devices work with. */
export interface AdminDeps extends GatewayDeps {
  readonly open: OpenSessions;
}
