import type { Server } from './server';

/** A unary call as JSON over HTTP, as `curl` would make it: `ConflictService/UndoResolution`, for example. */
export async function call<Answer>(
  { http, token }: Server,
  method: string,
  request: object,
): Promise<Answer> {
  const answer = await fetch(`http://${http}/syncline.v1.${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(request),
  });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${method} is refused: ${body}`);
  return JSON.parse(body) as Answer;
}
