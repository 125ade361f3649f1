export default {
  meta: {
    type: 'problem',
    docs: { description: 'keeps variables that change out of modules' },
    schema: [],
    messages: { state: 'A module holds no state; give it to whoever creates it.' },
  },
  create(context) {
    return {
      'Program > VariableDeclaration, Program > ExportNamedDeclaration > VariableDeclaration'(node) {
        if (node.kind !== 'const') context.report({ node, messageId: 'state' });
      },
    };
  },
};
