import type { Limits } from '@syncline/core';
import type { Timer } from '@syncline/ports';
import type { OpenSession } from '../session/stream';
import type { StreamMethods } from '../streams/stream-methods';
import type { KnownIfLargeDeps } from '../unary/known-if-large';
import type { UnaryMethods } from '../unary/methods';
import type { SettleDeps } from '../unary/settle';
import type { AllowedOrigins } from './cors';
import type { HttpLimits } from './http-limits';

export interface HttpDeps extends SettleDeps, KnownIfLargeDeps {
  readonly methods: UnaryMethods;
  /** Answered in lines. */
  readonly streams: StreamMethods;
  readonly openSession: OpenSession;
  readonly origins: AllowedOrigins;
  /** The address that callers come from says nothing, as they come through a proxy. */
  readonly behindProxy: boolean;
  readonly limits: Limits;
  readonly httpLimits: HttpLimits;
  readonly timer: Timer;
}
