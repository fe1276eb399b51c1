import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiError } from '../api/client.ts';
import { useConsole } from '../live/console-context.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Icon } from '../ui/icon.tsx';

interface KickProps {
  readonly id: string;
  /** Whom it kicks, as in "Kick … ?" */
  readonly who: string;
  /** With its word, not the drawing alone. */
  readonly wide?: boolean;
}

/** Shows a client out, after a second question. */
export function KickButton({ id, who, wide = false }: KickProps): JSX.Element {
  const { api, say } = useConsole();
  const [asking, setAsking] = useState(false);
  const kick = () => {
    api.kick(id).then(
      () => say(`Kicked ${who}.`),
      (error: ApiError) => say(error.message, 'bad'),
    );
  };
  return (
    <>
      <button
        type="button"
        class={`button danger ${wide ? '' : 'quiet icon-only'}`}
        aria-label={wide ? undefined : `Kick ${who}`}
        title={`Kick ${who}`}
        onClick={() => setAsking(true)}
      >
        <Icon name="kick" />
        {wide ? 'Kick publisher' : null}
      </button>
      {asking ? (
        <Confirm
          title={`Kick ${who}?`}
          text="The connection is closed at once. Nothing keeps the client from coming back; whether it may is your backend’s decision."
          verb="Kick"
          confirm={kick}
          close={() => setAsking(false)}
        />
      ) : null}
    </>
  );
}
