const testFunctions = new Set(['test', 'it', 'describe', 'suite']);
const skippedNames = /^(x(it|test|describe)|f(it|test|describe))$/;
const skippingMembers = new Set(['only', 'skip', 'todo', 'failing', 'skipIf', 'runIf']);
const assertion = /^(expect|assert)/;

/** `test.concurrent.only` → ['test', 'concurrent', 'only']; calls and templates in between are looked through. */
function chain(node) {
  if (node.type === 'Identifier') return [node.name];
  if (node.type === 'MemberExpression') {
    const name = node.computed ? node.property.value : node.property.name;
    return [...chain(node.object), String(name)];
  }
  if (node.type === 'CallExpression') return chain(node.callee);
  if (node.type === 'TaggedTemplateExpression') return chain(node.tag);
  return [''];
}

function asserts(node, visitorKeys) {
  if (node.type === 'CallExpression' && chain(node.callee).some((name) => assertion.test(name))) return true;
  return (visitorKeys[node.type] ?? []).some((key) =>
    [node[key]].flat().some((child) => child != null && asserts(child, visitorKeys)),
  );
}

export default {
  meta: {
    type: 'problem',
    docs: { description: 'lets no test be skipped, singled out, left for later or empty' },
    schema: [],
    messages: {
      skipped: 'Every test runs, always: {{name}}.',
      mocked: 'Our own functions are not mocked; pass another argument instead.',
      assertsNothing: 'This test asserts nothing: it calls neither expect… nor assert….',
    },
  },
  create(context) {
    const { visitorKeys } = context.sourceCode;
    return {
      MemberExpression(node) {
        const names = chain(node);
        const last = names.at(-1);
        if (testFunctions.has(names[0]) && skippingMembers.has(last)) {
          context.report({ node, messageId: 'skipped', data: { name: names.join('.') } });
        }
        if (names[0] === 'jest' && /^(mock|doMock|unstable_mockModule)$/.test(last)) {
          context.report({ node, messageId: 'mocked' });
        }
      },
      CallExpression(node) {
        const [name, ...members] = chain(node.callee);
        if (skippedNames.test(name)) context.report({ node, messageId: 'skipped', data: { name } });
        if (name === 'pending' && node.arguments.length === 0) {
          context.report({ node, messageId: 'skipped', data: { name } });
        }
        if ((name !== 'test' && name !== 'it') || members.some((member) => skippingMembers.has(member)))
          return;
        const body = node.arguments[1];
        if (body === undefined || !/FunctionExpression$/.test(body.type)) return;
        if (!asserts(body, visitorKeys)) context.report({ node, messageId: 'assertsNothing' });
      },
    };
  },
};
