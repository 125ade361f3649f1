import { isBuiltin } from 'node:module';
import { importSources } from '../import-sources.mjs';

/** What each global reaches for. A kind is banned or not for a whole folder. */
const kindsOfGlobals = {
  Date: 'clock',
  performance: 'clock',
  Temporal: 'clock',
  Math: 'chance',
  crypto: 'chance',
  setTimeout: 'timer',
  setInterval: 'timer',
  setImmediate: 'timer',
  clearTimeout: 'timer',
  clearInterval: 'timer',
  clearImmediate: 'timer',
  queueMicrotask: 'timer',
  process: 'process',
  console: 'console',
  Promise: 'async',
  PromiseLike: 'async',
  globalThis: 'global',
  global: 'global',
  window: 'global',
  self: 'global',
  eval: 'global',
  Function: 'global',
  WeakRef: 'global',
  FinalizationRegistry: 'global',
  Buffer: 'builtin',
  require: 'builtin',
  module: 'builtin',
  __dirname: 'builtin',
  __filename: 'builtin',
  fetch: 'builtin',
  WebSocket: 'builtin',
  Intl: 'locale',
};
export const effectKinds = [...new Set(Object.values(kindsOfGlobals)), 'env'];

const kindsOfModules = {
  perf_hooks: 'clock',
  crypto: 'chance',
  timers: 'timer',
  process: 'process',
  console: 'console',
};
const localeMethods = /^(localeCompare|toLocale[A-Z]\w*)$/;
const datesFromArguments = new Set(['UTC', 'parse']);

const memberName = (node) => {
  if (node?.type !== 'MemberExpression') return undefined;
  if (!node.computed) return node.property.name;
  return node.property.type === 'Literal' ? String(node.property.value) : undefined;
};
const isTypeOnly = (node) => node.parent.type.startsWith('TS') && node.parent.type !== 'TSAsExpression';

/** Some uses of these globals are plain arithmetic: they give the same answer on every machine and every day. */
function isHarmless(name, node) {
  const { parent } = node;
  const member = parent.object === node ? memberName(parent) : undefined;
  if (name === 'Math') return member !== undefined && member !== 'random';
  if (name !== 'Date') return false;
  if (isTypeOnly(node) || (member !== undefined && datesFromArguments.has(member))) return true;
  if (parent.type === 'BinaryExpression' && parent.operator === 'instanceof') return true;
  return parent.type === 'NewExpression' && parent.callee === node && parent.arguments.length > 0;
}

/** `process` is also a clock and the way to the environment; what is asked of it decides. */
function kindOfProcessUse(node) {
  const { parent } = node;
  if (parent.type !== 'MemberExpression' || parent.object !== node) {
    return parent.type === 'UnaryExpression' ? 'process' : 'env';
  }
  const member = memberName(parent);
  if (member === 'env' || member === undefined) return 'env';
  if (member === 'hrtime' || member === 'uptime') return 'clock';
  return member === 'nextTick' ? 'timer' : 'process';
}

function createReporter(context, banned) {
  return (node, kind, what) => {
    const found = kind === 'env' && !banned.has('env') ? 'process' : kind;
    if (banned.has(found)) context.report({ node, messageId: found, data: { what } });
  };
}

function checkGlobals(program, context, report) {
  const scope = context.sourceCode.getScope(program);
  const fromGlobals = scope.variables
    .filter((variable) => variable.defs.length === 0)
    .flatMap((variable) => variable.references);
  for (const { identifier } of new Set([...fromGlobals, ...scope.through])) {
    const { name } = identifier;
    const kind = Object.hasOwn(kindsOfGlobals, name) ? kindsOfGlobals[name] : undefined;
    if (kind === undefined || isHarmless(name, identifier)) continue;
    report(identifier, name === 'process' ? kindOfProcessUse(identifier) : kind, name);
  }
}

function kindOfModule(source, node) {
  const name = source.replace(/^node:/, '').split('/')[0];
  const imported = node.parent.specifiers?.map((specifier) => specifier.imported?.name) ?? [undefined];
  if (name === 'process')
    return imported.every((each) => each !== undefined && each !== 'env') ? 'process' : 'env';
  if (name === 'crypto') {
    const isChance = imported.some((each) => each === undefined || /random|generate|webcrypto/i.test(each));
    return isChance ? 'chance' : 'builtin';
  }
  return kindsOfModules[name] ?? 'builtin';
}

export default {
  meta: {
    type: 'problem',
    docs: { description: 'keeps the clock, chance, timers and the outside world out of a folder' },
    schema: [
      {
        type: 'object',
        properties: { ban: { type: 'array', items: { enum: effectKinds } } },
        required: ['ban'],
      },
    ],
    messages: {
      clock: 'Time is an argument here: {{what}} reads the clock.',
      chance: 'Chance is an argument here: {{what}} draws from the machine.',
      timer: 'Waiting is up to the caller: {{what}} starts or stops a timer.',
      process: '{{what}} belongs to the process; this code does not know that it runs in one.',
      env: 'Only an app’s config.ts reads the environment: {{what}}.',
      console: 'This code prints nothing: {{what}}.',
      async: 'This code is synchronous: {{what}}.',
      global: '{{what}} reaches around the imports.',
      builtin: 'No Node module and no I/O here: {{what}}.',
      locale: '{{what}} answers differently from machine to machine.',
    },
  },
  create(context) {
    const banned = new Set(context.options[0].ban);
    const report = createReporter(context, banned);
    const reportAsyncFunction = (node) => node.async && report(node, 'async', 'an async function');
    const sources = importSources((node, source) => {
      if (!isBuiltin(source)) return;
      const kind = kindOfModule(source, node);
      report(node, banned.has('builtin') ? 'builtin' : kind, source);
    });
    return {
      ...sources,
      Program: (node) => checkGlobals(node, context, report),
      FunctionDeclaration: reportAsyncFunction,
      FunctionExpression: reportAsyncFunction,
      ArrowFunctionExpression: reportAsyncFunction,
      AwaitExpression: (node) => report(node, 'async', 'await'),
      ForOfStatement: (node) => node.await && report(node, 'async', 'for await'),
      ImportExpression: (node) => {
        sources.ImportExpression(node);
        report(node, 'async', 'a dynamic import');
      },
      MemberExpression: (node) => {
        const member = memberName(node);
        if (localeMethods.test(member ?? '')) report(node, 'locale', member);
      },
    };
  },
};
