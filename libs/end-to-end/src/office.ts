import { systemClock } from '@syncline/memory';
import type { Stack } from './stack';
import { sign } from './tokens';

/** What is done by whoever runs the installation, over HTTP as `curl` would. */
export interface Office {
  createSpace(space: string): Promise<void>;
  declare(space: string, rules: object): Promise<void>;
  putMember(space: string, user: string, role: string): Promise<void>;
  removeMember(space: string, user: string): Promise<void>;
  revokeDevice(user: string, device: string): Promise<void>;
  /** Any call, with any token; gives the status and the body. */
  call(method: string, body: object, token?: string): Promise<{ status: number; body: unknown }>;
}

export function openOffice(stack: Stack, gateway = 'gateway-1'): Office {
  const { http } = stack.address(gateway);
  const operator = sign(stack.tokenSecret, systemClock(), { sub: 'operator', operator: true });
  const call: Office['call'] = async (method, body, token = operator) => {
    const response = await fetch(`http://${http}/syncline.v1.${method}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        // One kept open may have been closed by the time of the next call, when this process was busy meanwhile.
        connection: 'close',
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  const ask = async (method: string, body: object, token?: string): Promise<void> => {
    const answer = await call(method, body, token);
    if (answer.status !== 200)
      throw new Error(
        `${method}: ${answer.status} ${JSON.stringify(answer.body)} for ${JSON.stringify(body)}`,
      );
  };
  return {
    call,
    createSpace: (space) => ask('AdminService/CreateSpace', { space }),
    declare: (space, rules) => ask('AdminService/PutCollection', { space, rules }),
    putMember: (space, user, role) => ask('AdminService/PutMember', { space, member: { user, role } }),
    removeMember: (space, user) => ask('AdminService/RemoveMember', { space, user }),
    revokeDevice: (user, device) =>
      ask(
        'DeviceService/RevokeDevice',
        { device },
        sign(stack.tokenSecret, systemClock(), { sub: user, spaces: {} }),
      ),
  };
}
