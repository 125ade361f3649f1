import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** A dose as the application stores it. */
interface Dose {
  readonly drug: string;
  readonly mg: number;
  readonly notes: readonly string[];
}

/** What of a conflict matters here: contents, null where there is none or it was deleted. */
interface Question {
  readonly base: Dose | null;
  readonly stored: Dose | null;
  readonly incoming: Dose | null;
  /** The settings of the collection's rule. */
  readonly settings: { readonly mostMg?: number };
}

type Decision =
  | { readonly take: 'neither'; readonly why: string }
  | { readonly take: 'merged'; readonly dose: Dose; readonly why: string };

const MOST_MG_DEFAULT = 100;

/**
 * Two people changed one dose at the same time. Notes of both are kept. Where both changed the amount, the smaller one stands
 * until somebody looks; one beyond the limit, another drug, or a withdrawn dose is for a person to decide.
 */
function decideDose({ base, stored, incoming, settings }: Question): Decision {
  const { mostMg = MOST_MG_DEFAULT } = settings;
  if (stored === null || incoming === null)
    return { take: 'neither', why: 'The dose was withdrawn on one side and changed on the other.' };
  if (stored.drug !== incoming.drug)
    return { take: 'neither', why: `It is ${stored.drug} on one side and ${incoming.drug} on the other.` };
  const mg = amountOf(base?.mg, stored.mg, incoming.mg);
  if (mg > mostMg) return { take: 'neither', why: `${mg} mg are more than the ${mostMg} mg that are usual.` };
  const notes = [...new Set([...stored.notes, ...incoming.notes])];
  const why = `${mg} mg stand, and the notes of both are kept.`;
  return { take: 'merged', dose: { drug: stored.drug, mg, notes }, why };
}

/** Of the side that changed it; the smaller one where both did. */
function amountOf(base: number | undefined, stored: number, incoming: number): number {
  if (stored === base) return incoming;
  return incoming === base ? stored : Math.min(stored, incoming);
}

/** What is read here of the messages of resolver.proto and records.proto. */
interface StoredRecord {
  readonly deleted: boolean;
  readonly payload: Uint8Array;
}
interface ResolveRequest {
  readonly tenant: string;
  readonly base: StoredRecord | null;
  readonly stored: StoredRecord | null;
  readonly incoming: StoredRecord | null;
  readonly settings: Uint8Array;
}
type ResolveResponse = { readonly why: string } & (
  | { readonly takeNeither: object }
  | { readonly takeMerged: { readonly payload: Uint8Array; readonly askedFields: readonly string[] } }
);

const [address = '127.0.0.1:7500', proto = 'proto'] = process.argv.slice(2);

const json = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
const doseIn = (record: StoredRecord | null): Dose | null =>
  record === null || record.deleted ? null : (json(record.payload) as Dose);

function questionIn({ base, stored, incoming, settings }: ResolveRequest): Question {
  return {
    base: doseIn(base),
    stored: doseIn(stored),
    incoming: doseIn(incoming),
    settings: settings.length === 0 ? {} : (json(settings) as Question['settings']),
  };
}

function answerOf(decision: Decision): ResolveResponse {
  const { why } = decision;
  if (decision.take === 'neither') return { why, takeNeither: {} };
  const payload = new TextEncoder().encode(JSON.stringify(decision.dose));
  return { why, takeMerged: { payload, askedFields: [] } };
}

/** The same question has the same answer, as it depends on nothing but the question. */
const resolve: handleUnaryCall<ResolveRequest, ResolveResponse> = ({ request }, answer) => {
  try {
    answer(null, answerOf(decideDose(questionIn(request))));
  } catch {
    // Syncline asks again later, or has the fall-back of the rule decide.
    answer({ code: status.INVALID_ARGUMENT, details: 'The contents are not those of doses.' });
  }
};

const definition = loadSync('syncline/v1/resolver_service.proto', { includeDirs: [proto], defaults: true });
const server = new Server();
server.addService(definition['syncline.v1.ConflictResolver'] as ServiceDefinition, { resolve });
server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`asks come in at ${address.replace(/:\d+$/, '')}:${port}\n`);
});
