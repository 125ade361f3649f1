/** Every error reason says in the same place to which status code it is mapped and with which advice. */

const REASONS = 'ErrorReason';
const ADVICE = 'Advice';
const ending = /\nCode: ([A-Z_]+)\. Advice: ([A-Z_]+)\.$/;
const codes = [
  'INVALID_ARGUMENT',
  'FAILED_PRECONDITION',
  'OUT_OF_RANGE',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'UNAUTHENTICATED',
  'RESOURCE_EXHAUSTED',
  'ABORTED',
  'DATA_LOSS',
  'DEADLINE_EXCEEDED',
  'UNAVAILABLE',
  'INTERNAL',
];

export function reasonProblems(descriptorSet) {
  const file = descriptorSet.file.find(({ enumType }) => enumType?.some(({ name }) => name === REASONS));
  const enumOf = (wanted) => file.enumType.find(({ name }) => name === wanted);
  const advices = enumOf(ADVICE).value.map(({ name }) => name.replace(/^ADVICE_/, ''));
  const at = file.enumType.findIndex(({ name }) => name === REASONS);
  return enumOf(REASONS).value.flatMap(({ name, number = 0 }, index) => {
    if (number === 0) return [];
    const location = file.sourceCodeInfo.location.find(
      ({ path }) => path?.join('.') === `5.${at}.2.${index}`,
    );
    const comment = (location?.leadingComments ?? '').replace(/\n /g, '\n').trim();
    const [, code, advice] = ending.exec(comment) ?? [];
    if (!codes.includes(code))
      return [`${name}: its comment must end in "Code: …. Advice: …." with a status code`];
    return advices.includes(advice) ? [] : [`${name}: there is no advice ${advice}`];
  });
}
