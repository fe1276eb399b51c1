import type { HookOptions } from '../model/options.ts';
import type { HttpPost } from './http-post.ts';
import { PostError } from './post-error.ts';
import type { Target } from './target.ts';
import type { TimeLimit } from './time-limit.ts';
import { type Judgement, judge } from './verdict.ts';

/** POSTs `body` to one URL and judges what comes back. Never rejects: no answer is a refusal too. */
export async function callBackend(
  http: HttpPost,
  schema: HookOptions['schema'],
  target: Target,
  body: string,
  limit: TimeLimit,
): Promise<Judgement> {
  try {
    const reply = await http.post(target, body, limit);
    return judge(schema, reply.status, reply.body);
  } catch (error) {
    const failure =
      error instanceof PostError
        ? error
        : new PostError(target.shown, 'could not be asked', { cause: error });
    const cause = error === failure ? '' : ` Cause: ${String(error)}`;
    return {
      allowed: false,
      message: `${failure.message}${cause}`,
      forClient: failure.forClient,
      deliberate: false,
    };
  }
}
