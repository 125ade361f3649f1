import type { Refusal } from '../refusals';
import type { SessionEffect, SessionInput } from './io';

/** Effects that are answered by an input. */
export type AskedEffect = SessionEffect & {
  readonly do: 'authenticate' | 'open' | 'plan' | 'push' | 'read';
};

/** The answer to an effect that came to nothing. */
export function unanswered(effect: AskedEffect, why: Refusal): SessionInput {
  switch (effect.do) {
    case 'authenticate':
      return { kind: 'not-authenticated', refusal: why };
    case 'open': {
      const { space } = effect.request.subscribe;
      return { kind: 'not-opened', space, ticket: effect.ticket, refusal: why };
    }
    case 'plan':
      return { kind: 'not-opened', space: effect.request.space, ticket: effect.ticket, refusal: why };
    case 'read':
      return { kind: 'not-read', space: effect.space, ticket: effect.ticket, refusal: why };
    case 'push': {
      const result = { kind: 'refused', refusal: why } as const;
      const answer = { result, changesRemaining: 0 };
      return { kind: 'pushed', space: effect.space, ticket: effect.ticket, answer };
    }
  }
}
