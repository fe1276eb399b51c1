import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api, ApiError } from '../api/client.ts';

interface LogInProps {
  readonly api: Api;
  readonly entered: () => void;
}

/** Asks for the credentials of the configuration. */
export function LogIn({ api, entered }: LogInProps): JSX.Element {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Log in · Gatecast';
    name.current?.focus();
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError('');
    try {
      await api.login(name.current?.value ?? '', password.current?.value ?? '');
      entered();
    } catch (failure) {
      setError(sentenceOf(failure as ApiError));
      setBusy(false);
      password.current?.select();
    }
  };
  return (
    <main class="log-in">
      <form class="log-in-card" onSubmit={(event) => void submit(event)} aria-labelledby="log-in-title">
        <img src="/console/mark.svg" alt="" width="40" height="40" />
        <h1 id="log-in-title">Log in to Gatecast</h1>
        <label class="field">
          <span>Username</span>
          <input
            ref={name}
            class="input"
            name="username"
            autocomplete="username"
            autocapitalize="none"
            required
          />
        </label>
        <label class="field">
          <span>Password</span>
          <input
            ref={password}
            class="input"
            name="password"
            type="password"
            autocomplete="current-password"
            required
          />
        </label>
        <p class="log-in-error" role="alert">
          {error}
        </p>
        <button type="submit" class="button primary" disabled={busy}>
          {busy ? 'Logging in …' : 'Log in'}
        </button>
        <p class="faint log-in-note">
          The credentials are those of http_api.auth in the server’s configuration.
        </p>
      </form>
    </main>
  );
}

function sentenceOf({ status, message }: ApiError): string {
  if (status === 401) return 'This username and password do not fit.';
  if (status === 429) return 'Too many attempts. Wait a minute, then try again.';
  return message;
}
