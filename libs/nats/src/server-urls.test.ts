import { serversAt } from './server-urls';

test.each([
  [['nats://a:4222', 'b:4223'], { servers: ['nats://a:4222', 'b:4223'] }],
  [
    ['nats://ada:s%40cret@a:4222', 'nats://b:4222'],
    { servers: ['nats://a:4222', 'nats://b:4222'], user: 'ada', pass: 's@cret' },
  ],
  [
    ['nats://a:4222', 'tls://ada:x@b:4222'],
    { servers: ['nats://a:4222', 'tls://b:4222'], user: 'ada', pass: 'x' },
  ],
  [['nats://t0ken@a:4222'], { servers: ['nats://a:4222'], token: 't0ken' }],
  [['nats://ada:@[::1]:4222'], { servers: ['nats://[::1]:4222'], user: 'ada', pass: '' }],
])('%j', (urls, expected) => {
  expect(serversAt(urls)).toEqual(expected);
});
