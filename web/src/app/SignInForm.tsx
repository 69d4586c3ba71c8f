// Signing in by name and password, or by the link that `stepwell open` prints.
import { useState, type SyntheticEvent } from 'react';
import { api, ApiError, useQuery, useSession } from '@/api';
import { Button, Skeleton } from '@/components';

export function SignInForm({ onDone }: { onDone: () => void }) {
  const { renew } = useSession();
  const ways = useQuery('/api/v1/session/ways');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    try {
      await api.post('/api/v1/session', { body: { name, password } });
      await renew();
      onDone();
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      setFault(caught.message);
    }
    setBusy(false);
  };
  const known = ways.data?.ways;
  if (!known) return ways.error ? <p className="wrong">{ways.error.message}</p> : <Skeleton rows={2} />;
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      {known.includes('password') && (
        <>
          <label className="field">
            <span>Name</span>
            <input
              className="input"
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              autoFocus
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </label>
          <label className="field">
            <span>Password</span>
            <input
              className="input"
              type="password"
              name="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </label>
          {fault && (
            <p className="wrong" role="alert">
              {fault}
            </p>
          )}
          <Button kind="primary" type="submit" impossible={isBusy ? 'Signing in' : undefined}>
            Sign in
          </Button>
        </>
      )}
      {known.includes('link') && (
        <p className="ink-2">
          {known.includes('password') ? 'Or without a password: who' : 'Who'} may read the data folder runs{' '}
          <code>stepwell open</code> on the daemon’s machine, and opens the link that it prints.
        </p>
      )}
    </form>
  );
}
