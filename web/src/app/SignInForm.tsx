// Signing in by name and password, by a token, or by the link that `stepwell open` prints.
import { useState, type SyntheticEvent } from 'react';
import { api, ApiError, useQuery, useSession } from '@/api';
import { Button, Segmented, Skeleton } from '@/components';

type Way = 'password' | 'token';

/** A token makes a link, and the link a session: the token itself is kept nowhere. */
async function signInByToken(token: string): Promise<void> {
  const headers = { Authorization: `Bearer ${token.trim()}` };
  const link = await api.post('/api/v1/session/link', { headers });
  await fetch(link.path, { redirect: 'manual', credentials: 'same-origin' });
}

async function signInBy(way: Way, name: string, secret: string): Promise<void> {
  if (way === 'token') await signInByToken(secret);
  else await api.post('/api/v1/session', { body: { name, password: secret } });
}

export function SignInForm({ onDone }: { onDone: () => void }) {
  const ways = useQuery('/api/v1/session/ways');
  const known = ways.data?.ways;
  if (!known) return ways.error ? <p className="wrong">{ways.error.message}</p> : <Skeleton rows={2} />;
  return <Form known={known} onDone={onDone} />;
}

function Form({ known, onDone }: { known: readonly string[]; onDone: () => void }) {
  const { renew } = useSession();
  const hasUsers = known.includes('password');
  const [way, setWay] = useState<Way>(hasUsers ? 'password' : 'token');
  const [name, setName] = useState('');
  const [secret, setSecret] = useState('');
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setFault(undefined);
    try {
      await signInBy(way, name, secret);
      await renew();
      onDone();
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      setFault(caught.message);
    }
    setBusy(false);
  };
  const choose = (next: Way) => {
    setWay(next);
    setSecret('');
    setFault(undefined);
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      {hasUsers && (
        <Segmented
          label="How to sign in"
          value={way}
          options={[
            { value: 'password', text: 'Password' },
            { value: 'token', text: 'Token' },
          ]}
          onChange={choose}
        />
      )}
      {way === 'password' && (
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
      )}
      <label className="field">
        <span>{way === 'password' ? 'Password' : 'Token'}</span>
        <input
          key={way}
          className="input"
          type="password"
          name={way}
          autoComplete={way === 'password' ? 'current-password' : 'off'}
          required
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
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
      {known.includes('link') && (
        <p className="ink-2">
          Or by a link: who may read the data folder runs <code>stepwell open</code> on the daemon’s machine,
          and opens what it prints.
        </p>
      )}
    </form>
  );
}
