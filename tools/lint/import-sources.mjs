/** Visits every way in which a file can name another module, and hands its text to `visit(node, text)`. */
export function importSources(visit) {
  const visitLiteral = (node) => {
    if (node?.type === 'Literal' && typeof node.value === 'string') visit(node, node.value);
    if (node?.type === 'TemplateLiteral' && node.quasis.length === 1)
      visit(node, node.quasis[0].value.cooked);
  };
  return {
    ImportDeclaration: (node) => visitLiteral(node.source),
    ExportNamedDeclaration: (node) => visitLiteral(node.source),
    ExportAllDeclaration: (node) => visitLiteral(node.source),
    ImportExpression: (node) => visitLiteral(node.source),
    TSExternalModuleReference: (node) => visitLiteral(node.expression),
    TSImportType: (node) => visitLiteral(node.source ?? node.argument),
    CallExpression: (node) => {
      const called = node.callee.type === 'MemberExpression' ? node.callee.object : node.callee;
      if (called.type === 'Identifier' && called.name === 'require') visitLiteral(node.arguments[0]);
    },
  };
}
