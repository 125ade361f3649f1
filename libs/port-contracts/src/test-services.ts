export interface TestServices {
  readonly postgresUrl: string;
  readonly natsUrl: string;
  readonly redisUrl: string;
}

/** The real servers of this run. A test that needs one fails without it. */
export function testServices(): TestServices {
  return {
    get postgresUrl() {
      return address('SYNCLINE_TEST_POSTGRES_URL');
    },
    get natsUrl() {
      return address('SYNCLINE_TEST_NATS_URL');
    },
    get redisUrl() {
      return address('SYNCLINE_TEST_REDIS_URL');
    },
  };
}

function address(variable: string): string {
  const url = process.env[variable];
  if (url === undefined) {
    throw new Error(
      `${variable} is not set: run the tests with \`npm test\`, which starts the servers they need`,
    );
  }
  return url;
}
