import type { JSX } from 'preact';
import type { ApiError } from '../api/client.ts';
import { Empty } from './empty.tsx';

/** Stands where something could not be loaded. */
export function Trouble({
  error,
  retry,
}: {
  readonly error: ApiError;
  readonly retry: () => void;
}): JSX.Element {
  return (
    <div class="panel" role="alert">
      <Empty icon="warning" title={error.status === 404 ? 'Not here' : 'This could not be loaded'}>
        <p>{error.message}</p>
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      </Empty>
    </div>
  );
}
