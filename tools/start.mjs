process.stderr.write(
  'The Syncline server is not part of this workspace yet; what runs today is its rules: ' +
    '`npm test` runs their tests and `npm run sim` runs the simulated world.\n',
);
process.exit(1);
