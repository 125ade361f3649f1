/** In an image: `node health.cjs <port>` ends with 0 when the program there is ready for work. */
const { get } = require('node:http');

const fail = () => process.exit(1);
const request = get({ host: '127.0.0.1', port: Number(process.argv[2]), path: '/readyz', timeout: 2_500 });
request.on('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
request.on('timeout', fail);
request.on('error', fail);
