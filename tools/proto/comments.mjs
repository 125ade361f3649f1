// Finds everything in a descriptor set that has no comment, so that a client author never has to guess.

const FILE = { messageType: 4, enumType: 5, service: 6 };
const MESSAGE = { field: 2, nestedType: 3, enumType: 4, oneofDecl: 8 };

/** Names of all messages, fields, oneofs, enums, values, services and calls without a leading or trailing comment. */
export function uncommented(descriptorSet, ownFiles) {
  return descriptorSet.file.filter((file) => ownFiles(file.name)).flatMap(uncommentedIn);
}

function uncommentedIn(file) {
  const commented = new Set(
    (file.sourceCodeInfo?.location ?? [])
      .filter(
        ({ leadingComments, trailingComments }) => (leadingComments ?? trailingComments ?? '').trim() !== '',
      )
      .map(({ path }) => (path ?? []).join('.')),
  );
  return elementsOf(file)
    .filter(({ path }) => !commented.has(path.join('.')))
    .map(({ name }) => `${file.name}: ${name}`);
}

function elementsOf(file) {
  return [
    ...each(file.messageType, FILE.messageType, [], messageElements),
    ...each(file.enumType, FILE.enumType, [], enumElements),
    ...each(file.service, FILE.service, [], serviceElements),
  ];
}

function each(list, tag, parent, elements) {
  return (list ?? []).flatMap((item, index) => elements(item, [...parent, tag, index]));
}

function messageElements(message, path) {
  if (message.options?.mapEntry) return [];
  const own = (list, tag) =>
    (list ?? []).map((item, index) => ({
      name: `${message.name}.${item.name}`,
      path: [...path, tag, index],
    }));
  // An optional field is wrapped in a oneof of its own that nobody wrote.
  const oneofs = (message.oneofDecl ?? []).filter(({ name }) => !name.startsWith('_'));
  return [
    { name: message.name, path },
    ...own(message.field, MESSAGE.field),
    ...own(oneofs, MESSAGE.oneofDecl),
    ...each(message.nestedType, MESSAGE.nestedType, path, messageElements),
    ...each(message.enumType, MESSAGE.enumType, path, enumElements),
  ];
}

function enumElements(declared, path) {
  const values = declared.value.map(({ name }, index) => ({ name, path: [...path, 2, index] }));
  return [{ name: declared.name, path }, ...values];
}

function serviceElements(service, path) {
  const calls = service.method.map(({ name }, index) => ({
    name: `${service.name}.${name}`,
    path: [...path, 2, index],
  }));
  return [{ name: service.name, path }, ...calls];
}
