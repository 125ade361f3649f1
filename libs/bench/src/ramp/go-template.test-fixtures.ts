/**
 * As much of the templates of ghz as the scenarios use: fields of the call and functions of whole numbers, with brackets.
 * `{{add1 (div .RequestNumber 32)}}` is worked out as ghz would.
 */
export function rendered(data: unknown, call: Readonly<Record<string, number>>): unknown {
  const text = JSON.stringify(data).replaceAll(/\{\{(.*?)\}\}/g, (_, inside: string) =>
    String(valueOf(inside, call)),
  );
  return JSON.parse(text);
}

const FUNCTIONS: Readonly<Record<string, (...given: number[]) => number>> = {
  add: (...given) => given.reduce((sum, each) => sum + each, 0),
  add1: (given) => given + 1,
  mul: (...given) => given.reduce((product, each) => product * each, 1),
  div: (left, right) => Math.trunc(left / right),
  mod: (left, right) => left % right,
};

function valueOf(inside: string, call: Readonly<Record<string, number>>): number {
  const words = inside.match(/[()]|[^\s()]+/g) ?? [];
  const value = expression(words, call);
  if (words.length > 0) throw new Error(`${words.join(' ')} is left of {{${inside}}}`);
  return value;
}

/** Takes its words off the front, up to the bracket that closes it. */
function expression(words: string[], call: Readonly<Record<string, number>>): number {
  const named = FUNCTIONS[words[0] ?? ''];
  if (named === undefined) return operand(words, call);
  words.shift();
  const given: number[] = [];
  while (words.length > 0 && words[0] !== ')') given.push(operand(words, call));
  return named(...given);
}

function operand(words: string[], call: Readonly<Record<string, number>>): number {
  const word = words.shift() ?? '';
  if (word === '(') {
    const value = expression(words, call);
    if (words.shift() !== ')') throw new Error('a bracket is not closed');
    return value;
  }
  const value = word.startsWith('.') ? call[word.slice(1)] : Number(word);
  if (value === undefined || Number.isNaN(value)) throw new Error(`${word} is not known here`);
  return value;
}
